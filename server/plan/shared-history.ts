/** What a record's documents share that have come of one another: their history. It changes in place. */
import type { LibraryDocument } from './library-document.ts'
import type { OverwrittenValues } from './overwritten-values.ts'
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
