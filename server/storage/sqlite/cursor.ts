/** Keyset cursors: where the next page of a list starts, as an opaque base64url string. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Page } from '../storage.ts'

export type CursorPart = string | number
type PartType = 'string' | 'number'

export const encodeCursor = (parts: readonly CursorPart[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url')

/**
 * @param types the types of the cursor's parts, in order.
 * @throws SluiceError `bad_request` for a string that is no cursor of such a list.
 */
export function decodeCursor(cursor: string, types: readonly PartType[]): readonly CursorPart[] {
  const parts = parseParts(cursor)
  if (parts?.length !== types.length || parts.some((part, index) => typeof part !== types[index]))
    throw new SluiceError('bad_request', 'The cursor is not one that this list has answered.')
  return parts
}

/** @throws RangeError for a limit that is not a positive whole number: the door sets it. */
export function checkLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`a limit of ${limit} lists nothing`)
  return limit
}

/** @param rows up to `limit + 1` rows: the one too many says that there is a next page. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  position: (row: Row) => readonly CursorPart[],
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next = rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null
  return { items: shown.map(toItem), next }
}

function parseParts(cursor: string): readonly CursorPart[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parts) ? parts : null
  } catch {
    return null
  }
}
