/** The two ways in which a command can end. */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { FieldResult, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

export const refused = (...error: ConstructorParameters<typeof SluiceError>): RecordOutcome => ({
  ok: false,
  error: new SluiceError(...error),
})

/** Where a draft stood before a command. */
export interface DraftMark {
  readonly line: number
  readonly entry: number
}

export const markOf = (draft: RecordDraft): DraftMark => ({
  line: draft.lines.length,
  entry: draft.journal.length,
})

/**
 * The outcome of a command, read from the log lines that it has added: not from those that tell of the loss of
 * what others wrote before.
 */
export function accepted(draft: RecordDraft, mark: DraftMark): Extract<RecordOutcome, { ok: true }> {
  const own = new Set<string>(draft.journal.slice(mark.entry).map(({ hash }) => hash ?? ''))
  const fields: Record<string, FieldResult> = {}
  for (const { field, outcome, reason, conflictId, code, changeHash } of draft.lines.slice(mark.line)) {
    if (!own.has(changeHash)) continue
    const isWarning = (changeHash === '' && outcome === 'applied') || !draft.unitOf(field).isKnown
    fields[field] = {
      outcome,
      reason,
      conflictId,
      ...(code === null ? {} : { code }),
      ...(isWarning && outcome !== 'rejected' ? { isWarning } : {}),
    }
  }
  const wrote = draft.journal
    .slice(mark.entry)
    .flatMap(({ kind, hash }) => (kind === 'change' && hash !== null ? [hash] : []))
  return { ok: true, fields, wrote, conflict: null, refused: [], orphans: [], missing: [], earlier: null }
}
