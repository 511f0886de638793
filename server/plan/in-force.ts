/** What readers are shown of a unit while a plan is being made: what the policies have decided (C4). */
import { isOpen } from '../../shared/conflicts/conflict.ts'
import type { Json, JsonObject } from '../../shared/json.ts'
import { winnerOf } from '../../shared/policies/winner.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'

/** Unit key → its value in force before a change was applied, for the units that the change writes. */
export type ValuesBefore = ReadonlyMap<string, Json>

/** Reads what a judgement needs to know of the time before. Call it before the change is applied. */
export function valuesBefore(draft: RecordDraft, fields: Iterable<string>): ValuesBefore {
  const values = new Map<string, Json>()
  for (const field of fields) {
    const unit = draft.unitOf(field)
    if (!values.has(unit.key)) values.set(unit.key, valueInForce(draft, unit))
  }
  return values
}

/** The value that a conflict holds, or else that of the write in force. */
export function valueInForce(draft: RecordDraft, unit: Unit): Json {
  const conflict = draft.conflicts.get(unit.key)
  if (conflict !== undefined && isOpen(conflict)) return conflict.inForce
  const restored = draft.restored.get(unit.key)
  if (restored !== undefined) return restored
  if (isContainer(unit.spec) || !unit.isKnown) return draft.unitValue(unit)
  const write = writeInForce(draft, unit)
  // Before anybody has written it, the document knows best: it was settled when the schema was another.
  return write === undefined ? draft.unitValue(unit) : write.side.value
}

/** Of the writes to a register or a group that nobody has replaced, the one that shows. */
export const writeInForce = (draft: RecordDraft, unit: Unit): FrontierWrite | undefined =>
  winnerOf(unit, draft.frontiers.get(unit.key) ?? [])

/** All fields of the record as readers are shown them, defaults included. */
export function fieldsInForce(draft: RecordDraft): JsonObject {
  const fields: Record<string, Json> = {}
  for (const [field, spec] of draft.collection.fields) {
    const home = draft.homeOf(field)
    const unit = home.unitOf(field)
    fields[field] = fieldValueIn(unit, valueInForce(home, unit), field) ?? spec.default ?? null
  }
  return fields
}
