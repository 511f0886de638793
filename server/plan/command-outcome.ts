/** The two ways in which a command can end. */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { FieldResult, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

export const refused = (...error: ConstructorParameters<typeof SluiceError>): RecordOutcome => ({
  ok: false,
  error: new SluiceError(...error),
})

/** The outcome of a command, read from the log lines that it has added. */
export function accepted(draft: RecordDraft, firstLine: number): Extract<RecordOutcome, { ok: true }> {
  const fields: Record<string, FieldResult> = {}
  for (const { field, outcome, reason, conflictId } of draft.lines.slice(firstLine))
    if (outcome !== 'superseded') fields[field] = { outcome, reason, conflictId }
  return { ok: true, fields, conflict: null, refused: [], orphans: [], earlier: null }
}
