/** What a record's documents share that have come of one another: their history. It changes in place. */
import type { LibraryDocument } from './library-document.ts'
import { idOf } from './live-values.ts'
import type { OverwrittenValue, OverwrittenValues } from './overwritten-values.ts'
import { overwrittenValues } from './overwritten-values.ts'
import { PastPoints } from './past-points.ts'
import type { RecentChanges } from './recent-changes.ts'
import { recentChanges } from './recent-changes.ts'
import type { RecordDocument } from './record-document.ts'

export interface SharedHistory {
  /** As the library saved it; null for the empty one, undefined if it was not saved since the library has it. */
  saved: Uint8Array | null | undefined
  /** The changes that have come since. */
  since: Uint8Array[]
  /** How many of them the library's document has: it takes in the others before it is asked. */
  taken: number
  library: LibraryDocument | null
  newest: RecordDocument | null
  /** Changes as they came, by hash: peers ask for the newest. */
  readonly recent: RecentChanges
  readonly overwritten: OverwrittenValues
  readonly past: PastPoints
}

export const sharedHistory = (known: Partial<Pick<SharedHistory, 'saved' | 'library'>>): SharedHistory => ({
  saved: null,
  since: [],
  taken: 0,
  library: null,
  newest: null,
  ...known,
  recent: recentChanges(),
  overwritten: overwrittenValues(),
  past: new PastPoints(),
})

/** What of a history is known without the library, for a document that is made anew. Of both the oldest first. */
export interface NewestHistory {
  readonly changes: readonly (readonly [hash: string, bytes: Uint8Array])[]
  readonly overwritten: readonly OverwrittenValue[]
}

/** Of each, as they are counted in memory: some sixty small changes, and half as many values. */
const NEWEST_CHANGES_BYTES = 16 * 1024
const NEWEST_OVERWRITTEN_BYTES = 8 * 1024

export const newestOf = ({ recent, overwritten }: SharedHistory): NewestHistory => ({
  changes: recent.newest(NEWEST_CHANGES_BYTES),
  overwritten: overwritten.newest(NEWEST_OVERWRITTEN_BYTES).map(([, value]) => value),
})

export function putNewest({ recent, overwritten }: SharedHistory, newest: NewestHistory): void {
  for (const [hash, bytes] of newest.changes) recent.keep(hash, bytes)
  for (const value of newest.overwritten) overwritten.keep(idOf(value.op), value)
}
