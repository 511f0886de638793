/** Where a record is: in the API, and on the pages of the console. */
import { useMemo } from 'react'
import { usePathname } from 'wouter/use-browser-location'

/** Of the pages that show one record. */
export type RecordPlace = 'records' | 'inspect'

export interface RecordAddress {
  readonly collection: string | null
  readonly id: string | null
}

/** Below `/v1`. */
export const recordPath = (collection: string, id: string): string =>
  `/v1/records/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`

/** @param id null: the collection. */
export const recordAddress = (place: RecordPlace, collection: string, id: string | null): string =>
  `/${place}/${encodeURIComponent(collection)}${id === null ? '' : `/${encodeURIComponent(id)}`}`

/** What an address of such a page names. Ids may hold what an address keeps for itself, such as `#` and `%`. */
export function readRecordAddress(pathname: string): RecordAddress {
  const [, , collection, id] = pathname.split('/').map(decoded)
  return { collection: collection || null, id: id || null }
}

export function useRecordAddress(): RecordAddress {
  // The router's own parameters are decoded in part: `%23` stays, and is then not told from an id that holds it.
  const pathname = usePathname()
  return useMemo(() => readRecordAddress(pathname), [pathname])
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
