/** The part of the storage port that finds texts. The index follows the text columns at its own pace (S2). */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CommitResult } from './storage.ts'

export interface SearchHit {
  readonly key: RecordKey
  readonly field: string
  /** The passage, with matches between `<mark>` and `</mark>`, everything else HTML-escaped. */
  readonly excerpt: string
}

export interface SearchStorage {
  /** Best match first. The query is plain words; the last one may be the start of a word. */
  find(tenant: string, query: string, limit: number): Promise<readonly SearchHit[]>
  /** Brings the index up to what the record's text columns hold. Costs by the size of the texts, not of what is new. */
  index(key: RecordKey): Promise<CommitResult>
  /** Records whose text columns the index has not caught up with. */
  lagging(limit: number): Promise<readonly RecordKey[]>
}
