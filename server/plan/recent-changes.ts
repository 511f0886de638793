/** The newest changes of a document as they came, by hash, so that nobody has to make them again for a peer. */
import { NewestEntries } from './newest-entries.ts'

export type RecentChanges = NewestEntries<Uint8Array>

/** Small changes are some hundred bytes. */
const BYTES_MAX = 64 * 1024
/** What holding one takes. */
const CHANGE_BYTES = 128

export const recentChanges = (): RecentChanges =>
  new NewestEntries(BYTES_MAX, ({ byteLength }) => CHANGE_BYTES + byteLength)
