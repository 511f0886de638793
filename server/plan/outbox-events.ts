/** What the world outside is told of a commit, beside the events of states: conflicts, and edits that were lost. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Json } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { valueInForce, writeInForce } from './in-force.ts'
import type { OutboxEvent } from './plan.ts'
import type { RecordDraft } from './record-draft.ts'

const ID_HEX_LENGTH = 32

/** One event for each thing that this plan has made happen to a conflict: `conflict.opened`, `conflict.resolved` … */
export const conflictEvents = ({ conflictSteps }: RecordDraft): readonly OutboxEvent[] =>
  conflictSteps.map(({ conflict: { id, fields, state, assignee }, type, ordinal }) => ({
    id: `${id}-${ordinal}`,
    event: `conflict.${type}`,
    payload: { conflictId: id, fields: [...fields], state, assignee },
  }))

/**
 * "Your edit lost": an event for each write of a client that is not in force any more, or never was, so that its
 * author can be told wherever he is. A line has one place in the record's history, which names its event.
 */
export function lostEdits(draft: RecordDraft): readonly OutboxEvent[] {
  const { documentId, key } = draft.origin
  // Of all documents, since a plan may write to another than the main one alone.
  const version = draft.documents.reduce((sum, { origin }) => sum + origin.version, 0)
  return draft.lines.flatMap((line, index): OutboxEvent[] => {
    const { outcome, field, origin, reason, code, conflictId, changeHash } = line
    if (origin.door === 'server' || (outcome !== 'superseded' && outcome !== 'rejected')) return []
    const isSuperseded = outcome === 'superseded'
    return [
      {
        id: eventId(documentId, version, index),
        event: 'edit.lost',
        payload: {
          collection: key.collection,
          id: key.id,
          field,
          outcome,
          author: origin.subject,
          device: origin.device,
          ...valuesIn(draft, line),
          by: isSuperseded ? winnerOf(draft, line) : null,
          reason,
          code,
          conflictId,
          changeHash,
          at: origin.receivedAt,
        },
      },
    ]
  })
}

/** Of a superseded write the line's old value is what was lost; of a rejected one the new value, or the edit. */
function valuesIn(
  draft: RecordDraft,
  { field, operation, outcome, oldValue, newValue }: FieldChange,
): { readonly lost: Json; readonly inForce: Json } {
  if (outcome === 'superseded') return { lost: oldValue, inForce: newValue }
  if (operation !== 'edit') return { lost: newValue, inForce: oldValue }
  const home = draft.homeOf(field)
  const unit = home.unitOf(field)
  return {
    lost: { removed: oldValue, added: newValue },
    inForce: unit.isKnown ? fieldValueIn(unit, valueInForce(home, unit), field) : null,
  }
}

const eventId = (documentId: string, version: number, index: number): string =>
  bytesToHex(sha256(utf8ToBytes([documentId, 'edit.lost', version, index].join('\n')))).slice(
    0,
    ID_HEX_LENGTH,
  )

/** Whose value or decision is in force instead; null if nobody's is. */
function winnerOf(draft: RecordDraft, { field, conflictId }: FieldChange): Json {
  const decided = conflictId === null ? null : draft.changedConflicts.get(conflictId)?.resolution
  if (decided != null) return decided.author
  const deletion = writeInForce(draft, draft.unitOf(DELETED_KEY))
  if (deletion?.side.value === true) return deletion.side.author
  const home = draft.homeOf(field)
  return writeInForce(home, home.unitOf(field))?.side.author ?? null
}
