/**
 * Carries what is known of a record's writes from one version of the schema to the next (S8): a field may have
 * joined a group, or left one. Without it, who had not seen a write from before would not compete with it.
 */
import { isOpen } from '../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import type { Json } from '../../shared/json.ts'
import { HELD, plainSpec } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn, unitOf, unitsOf } from '../../shared/schema/unit.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'

/** From now on entries are judged by this version of the schema. */
export function judgeUnder(draft: RecordDraft, collection: CollectionSpec): void {
  const before = draft.collection
  if (before === collection) return
  const shapes = new Map(unitsOf(collection).map((unit) => [unit.key, unit.fields.join()]))
  draft.collection = collection
  for (const unit of unitsOf(before))
    if (shapes.get(unit.key) !== unit.fields.join() && lastingUnit(draft, unit.key) === undefined)
      rekeyUnit(draft, unit)
}

/** Puts the writes to a unit that the schema no longer has to the units that its fields belong to now. */
export function rekeyUnit(draft: RecordDraft, unit: Unit): void {
  const writes = draft.frontiers.get(unit.key)
  if (writes === undefined) return
  draft.frontiers.delete(unit.key)
  for (const field of unit.fields) {
    const target = unitOf(draft.collection, field)
    const known = draft.frontiers.get(target.key) ?? []
    const more = writes.filter(
      ({ actor, seq }) => !known.some((one) => one.actor === actor && one.seq === seq),
    )
    draft.frontiers.set(target.key, [
      ...known,
      ...more.map((write) => valuedFor(draft, write, unit, target, field)),
    ])
  }
}

/**
 * A conflict that is open stays one of the fields that it was opened for, whatever the schema says meanwhile:
 * its sides know no others.
 */
export function lastingUnit(draft: RecordDraft, key: string): Unit | undefined {
  const conflict = draft.conflicts.get(key)
  if (conflict === undefined || !isOpen(conflict) || isDeadLetter(conflict)) return undefined
  const [field, ...others] = conflict.fields
  if (field === undefined) return undefined
  const declared = unitOf(draft.collection, field)
  if (declared.key === key && declared.fields.join() === conflict.fields.join()) return undefined
  const isGroup = others.length > 0
  const spec = isGroup ? plainSpec('json') : (draft.collection.fields.get(field) ?? plainSpec('json'))
  return {
    key,
    fields: conflict.fields,
    isGroup,
    spec: { ...spec, critical: spec.critical ?? HELD },
    isKnown: conflict.fields.every((name) => draft.collection.fields.has(name)),
    deletes: null,
  }
}

function valuedFor(
  draft: RecordDraft,
  write: FrontierWrite,
  from: Unit,
  target: Unit,
  field: string,
): FrontierWrite {
  const value: Json = target.isGroup
    ? draft.unitValueAt([write.side.changeHash], target)
    : fieldValueIn(from, write.side.value, field)
  return { ...write, side: { ...write.side, value } }
}
