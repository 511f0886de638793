/**
 * Where an uploaded operation belongs that names no version but tells what its columns held before (`old`). Who
 * changed a value that is not in force had not seen the one that is: his write belongs before that one, so that it
 * competes with it instead of taking its place without a word.
 */
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { normalizeValue } from './automerge-values.ts'
import { valueInForce, writeInForce } from './in-force.ts'
import type { RecordCommand } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'

type UploadCommand = Extract<RecordCommand, { type: 'upload' }>

/** Operations that belong at one causal point; null is the present. */
export interface PlacedOps {
  readonly saw: readonly string[] | null
  readonly ops: readonly FieldOp[]
}

/** Linked fields stay together; what its author did see is written to the present. */
export function placeOps(draft: RecordDraft, command: UploadCommand): readonly PlacedOps[] {
  if (!tellsNoVersion(draft, command)) return [{ saw: command.saw, ops: command.ops }]
  const present: FieldOp[] = []
  const past = new Map<string, { readonly saw: readonly string[]; readonly ops: FieldOp[] }>()
  for (const op of command.ops) {
    const unit = draft.unitOf(op.field)
    const unseen = unseenWrite(draft, unit, command.before)
    if (unseen === undefined) present.push(op)
    else if (past.has(unit.key)) past.get(unit.key)?.ops.push(op)
    else past.set(unit.key, { saw: depsOf(draft, unseen), ops: [op] })
  }
  return [...(present.length > 0 || past.size === 0 ? [{ saw: null, ops: present }] : []), ...past.values()]
}

/** A delete belongs before every write that its author had not seen. */
export function placeDelete(draft: RecordDraft, command: UploadCommand): readonly string[] | null {
  if (!tellsNoVersion(draft, command)) return command.saw
  const unseen = draft.units
    .filter(({ key }) => key !== DELETED_KEY)
    .map((unit) => unseenWrite(draft, unit, command.before))
    .filter((write) => write !== undefined)
    .sort((a, b) => a.op - b.op)
  return unseen[0] === undefined ? null : depsOf(draft, unseen[0])
}

const tellsNoVersion = (draft: RecordDraft, { saw }: UploadCommand): boolean =>
  saw === null && draft.exists && draft.collection.concurrency.mode === 'merge'

/** The write in force of a register or group, if the author held another value. */
function unseenWrite(
  draft: RecordDraft,
  unit: Unit,
  before: UploadCommand['before'],
): FrontierWrite | undefined {
  if (!unit.isKnown || isContainer(unit.spec)) return undefined
  const value = valueInForce(draft, unit)
  const differs = unit.fields.some((field) => {
    const held = before[field]
    return held !== undefined && !isShown(draft, field, fieldValueIn(unit, value, field), held)
  })
  return differs ? writeInForce(draft, unit) : undefined
}

/** A client holds the default where nobody has written, or nothing. */
function isShown(draft: RecordDraft, field: string, inForce: Json, held: Json): boolean {
  const spec = draft.specOf(field)
  if (spec === undefined) return true
  const normal = normalizeValue(spec, held)
  return jsonEqual(normal, inForce) || (inForce === null && jsonEqual(normal, spec.default ?? null))
}

const depsOf = (draft: RecordDraft, { side }: FrontierWrite): readonly string[] =>
  draft.graph.node(side.changeHash)?.deps ?? []
