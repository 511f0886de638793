/**
 * The scalars that were overwritten last, by the operations that had put them there: what was in force a little earlier is
 * told by them, however long ago they were written, and the history need not be looked through for it.
 */
import type { LiveOp } from './live-values.ts'
import { NewestEntries } from './newest-entries.ts'

export interface OverwrittenValue {
  readonly op: LiveOp
  /** The map in which it stood. */
  readonly obj: string
  readonly key: string
}

export type OverwrittenValues = NewestEntries<OverwrittenValue>

const BYTES_MAX = 32 * 1024
/** What holding one takes, beside a long string. */
const VALUE_BYTES = 224

export const overwrittenValues = (): OverwrittenValues =>
  new NewestEntries(
    BYTES_MAX,
    ({ op: { value } }) => VALUE_BYTES + (typeof value === 'string' ? value.length : 0),
  )
