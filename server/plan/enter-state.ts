/**
 * Effects: entering a state fires its event, once, however many writers entered it without seeing each other
 * (E9). An event of a record with a disputed field waits if the collection says so.
 */
import type { DecodedChange } from '@automerge/automerge'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Json } from '../../shared/json.ts'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import type { ValuesBefore } from './in-force.ts'
import { valueInForce } from './in-force.ts'
import type { JournalEntry, OutboxEvent } from './plan.ts'
import type { RecordDraft } from './record-draft.ts'

const ID_HEX_LENGTH = 32

/** Looks at what a judged change, or a decision, has put in force. */
export function fireEvents(
  draft: RecordDraft,
  change: DecodedChange,
  fields: Iterable<FieldWrite['field']>,
  entry: JournalEntry,
  before: ValuesBefore,
): void {
  for (const field of fields) {
    const spec = draft.collection.fields.get(field)
    if (spec === undefined || Object.keys(spec.emits).length === 0) continue
    const unit = draft.unitOf(field)
    const from = fieldValueIn(unit, before.get(unit.key) ?? null, field) ?? spec.default ?? null
    const to = fieldValueIn(unit, valueInForce(draft, unit), field) ?? spec.default ?? null
    const written = fieldValueIn(unit, draft.unitValueAt([change.hash], unit), field)
    if (typeof written !== 'string' || spec.emits[written] === undefined) continue
    const isFirst = enter(draft, change, `${field}/${written}`)
    if (isFirst && from !== to && to === written)
      draft.heldEvents = [...draft.heldEvents, stateEvent(draft, change, field, from, written, entry)]
  }
  if (!draft.collection.holdsEvents || !draft.isDisputed) releaseEvents(draft)
}

/** Lets go what has waited, in its order. */
function releaseEvents(draft: RecordDraft): void {
  draft.events.push(...draft.heldEvents)
  draft.heldEvents = []
}

/** @returns false if somebody has entered the state whom the author of the change had not seen. */
function enter(draft: RecordDraft, change: DecodedChange, state: string): boolean {
  const earlier = draft.entered.get(state) ?? []
  const unseen = earlier.filter(({ actor, seq }) => !draft.graph.sees(change.hash, actor, seq))
  draft.entered.set(state, [...unseen, { actor: change.actor, seq: change.seq }])
  return unseen.length === 0
}

function stateEvent(
  draft: RecordDraft,
  change: DecodedChange,
  field: string,
  from: Json,
  to: string,
  { origin }: JournalEntry,
): OutboxEvent {
  const { documentId, key } = draft.origin
  const id = bytesToHex(sha256(utf8ToBytes([documentId, field, to, change.hash].join('\n'))))
  return {
    id: id.slice(0, ID_HEX_LENGTH),
    event: draft.collection.fields.get(field)?.emits[to] ?? '',
    payload: {
      collection: key.collection,
      id: key.id,
      field,
      from,
      to,
      author: origin.subject,
      changeHash: change.hash,
      at: origin.receivedAt,
    },
  }
}
