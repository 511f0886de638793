/** What is asked of the change log, and what it answers. */
import type { FieldChange, FieldOutcome } from '../../shared/record/field-change.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'

export interface StoredFieldChange extends FieldChange {
  readonly position: number
  readonly key: RecordKey
}

/** Which lines of a tenant's change log are asked for; what is left out does not matter. */
export interface FieldChangeSelection {
  readonly tenant: string
  readonly collection?: string | undefined
  readonly recordId?: string | undefined
  readonly field?: string | undefined
  /** The author. */
  readonly subject?: string | undefined
  readonly outcomes?: readonly FieldOutcome[] | undefined
  /** Lines that these changes wrote. */
  readonly changeHashes?: readonly string[] | undefined
  /** Only lines after this position. */
  readonly after?: number | undefined
}

export interface FieldChangeFilter extends FieldChangeSelection {
  /** Newest first unless it says otherwise. A cursor belongs to the order in which it was answered. */
  readonly order?: 'newest' | 'oldest'
  readonly cursor: string | null
  readonly limit: number
}
