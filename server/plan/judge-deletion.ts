/**
 * A delete and an update that did not see each other (F2, F3): the one conflict between writes to different
 * fields. The collection says which of them stands, or that a person decides.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { Side } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import type { Json } from '../../shared/json.ts'
import { isJsonObject } from '../../shared/json.ts'
import { deletionVerdict } from '../../shared/policies/deletion.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { dispute, joinDispute } from './dispute.ts'
import { valueInForce, writeInForce } from './in-force.ts'
import { Judgement } from './judgement.ts'
import type { UnitWrites } from './read-write.ts'
import { deletion, lossLine, sideOf } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'

const CONCURRENT_DELETE = 'the record was deleted by a concurrent write'
const CONCURRENT_UPDATE = 'the record was changed by a concurrent write'

/** A change that deletes the record, or says that it is not deleted. */
export function judgeDelete(
  draft: RecordDraft,
  change: DecodedChange,
  origin: Origin,
  unitWrites: UnitWrites,
): void {
  const { unit, before } = unitWrites
  const isDelete = draft.rawAt([change.hash], DELETED_KEY) === true
  const isDisputed = isOpenIn(draft, DELETED_KEY)
  const [first, ...more] = isDelete && !isDisputed ? unseenUpdates(draft, change) : []
  const verdict = deletionVerdict(unit.deletes ?? 'delete-wins')
  if (first === undefined || isDisputed || unitWrites.violation !== null || verdict === 'deleted') {
    new Judgement(draft, change, origin, unitWrites).run()
    if (first !== undefined && !draft.restored.has(DELETED_KEY))
      for (const side of [first, ...more]) logUpdateLoss(draft, side, CONCURRENT_DELETE)
    return
  }
  const side = sideOf(change, origin, deletion(true))
  const line = {
    field: DELETED_KEY,
    operation: 'delete',
    code: null,
    changeHash: change.hash,
    origin,
  } as const
  if (verdict === 'held') {
    const conflict = dispute(draft, unit, change, side, [first, ...more], before ?? false)
    const told = { oldValue: before, newValue: true, reason: CONCURRENT_UPDATE, conflictId: conflict.id }
    draft.lines.push({ ...line, ...told, outcome: 'held' })
    return
  }
  draft.restored.set(DELETED_KEY, before)
  draft.touched.add(DELETED_KEY)
  draft.lines.push(lossLine(side, DELETED_KEY, { lost: true, inForce: false }, CONCURRENT_UPDATE, null))
}

/** A change of other fields, which may not have seen that the record was deleted. */
export function judgeUpdateOfDeleted(
  draft: RecordDraft,
  change: DecodedChange,
  origin: Origin,
  firstLine: number,
): void {
  const unit = draft.unitOf(DELETED_KEY)
  const deletes = writeInForce(draft, unit)
  const isDeleted = valueInForce(draft, unit) === true
  if (!isDeleted || deletes === undefined || draft.graph.sees(change.hash, deletes.actor, deletes.seq)) return
  const told = linesOf(draft, change, firstLine)
  if (told.length === 0) return
  const side = updateSide(draft, change, origin, told)
  switch (deletionVerdict(unit.deletes ?? 'delete-wins')) {
    case 'deleted':
      return relabel(draft, firstLine, told, (line) =>
        lossLine(side, line.field, { lost: writtenBy(draft, line), inForce: null }, CONCURRENT_DELETE, null),
      )
    case 'kept':
      return revive(draft, change, side, deletes)
    case 'held': {
      const conflict = draft.conflicts.get(unit.key)
      const isDisputed = conflict !== undefined && isOpen(conflict)
      if (isDisputed) joinDispute(draft, unit, change, conflict, side)
      else dispute(draft, unit, change, side, [deletes.side], true)
      const conflictId = draft.conflicts.get(unit.key)?.id ?? null
      return relabel(draft, firstLine, told, (line) => ({
        ...line,
        outcome: 'held',
        reason: CONCURRENT_DELETE,
        conflictId,
      }))
    }
  }
}

/** The update stands: the record is there again. */
function revive(draft: RecordDraft, change: DecodedChange, side: Side, lost: FrontierWrite): void {
  const { actor, seq, hash } = change
  const kept = { ...side, ...deletion(false) }
  const time = draft.graph.node(hash)?.time ?? 0
  const write: FrontierWrite = { actor, seq, op: draft.graph.maxOp(hash), time, side: kept }
  draft.frontiers.set(DELETED_KEY, [write])
  draft.touched.add(DELETED_KEY)
  draft.lines.push(lossLine(lost.side, DELETED_KEY, { lost: true, inForce: false }, CONCURRENT_UPDATE, null))
}

/** Updates in force that the change had not seen, one side per change, in commit order. */
function unseenUpdates(draft: RecordDraft, change: DecodedChange): readonly Side[] {
  const sides = new Map<string, Side>()
  for (const [key, writes] of draft.frontiers) {
    if (key === DELETED_KEY) continue
    for (const { actor, seq, side } of writes) {
      if (draft.graph.sees(change.hash, actor, seq)) continue
      const known = sides.get(side.changeHash)
      const value = { ...(isJsonObject(known?.value) ? known.value : {}), ...valuesOf(draft, key, side) }
      sides.set(side.changeHash, { ...side, operation: 'update', value })
    }
  }
  return [...sides.values()].sort((a, b) =>
    a.receivedAt < b.receivedAt ? -1 : a.receivedAt > b.receivedAt ? 1 : 0,
  )
}

function valuesOf(draft: RecordDraft, key: string, side: Side): Readonly<Record<string, Json>> {
  const unit = draft.units.find((one) => one.key === key)
  if (unit === undefined) return { [key]: side.value }
  return Object.fromEntries(unit.fields.map((field) => [field, fieldValueIn(unit, side.value, field)]))
}

function updateSide(
  draft: RecordDraft,
  change: DecodedChange,
  origin: Origin,
  lines: readonly FieldChange[],
): Side {
  const value = Object.fromEntries(lines.map((line) => [line.field, writtenBy(draft, line)]))
  return { ...sideOf(change, origin, { operation: 'set', value }), operation: 'update' }
}

/** The value that a line of the change under judgement tells of: of an edit, what the field holds with it. */
function writtenBy(draft: RecordDraft, { field, operation, newValue }: FieldChange): Json {
  const spec = draft.specOf(field)
  return operation === 'edit' && spec !== undefined ? draft.valueOf(field, spec) : newValue
}

/** What the change has written so far: whatever was not refused or held for another reason. */
const linesOf = (draft: RecordDraft, { hash }: DecodedChange, firstLine: number): readonly FieldChange[] =>
  draft.lines
    .slice(firstLine)
    .filter(
      ({ changeHash, outcome }) => changeHash === hash && (outcome === 'applied' || outcome === 'merged'),
    )

function relabel(
  draft: RecordDraft,
  firstLine: number,
  told: readonly FieldChange[],
  label: (line: FieldChange) => FieldChange,
): void {
  const lines = draft.lines.splice(firstLine)
  draft.lines.push(...lines.map((line) => (told.includes(line) ? label(line) : line)))
}

function logUpdateLoss(draft: RecordDraft, side: Side, reason: string): void {
  const values = isJsonObject(side.value) ? side.value : {}
  for (const [field, lost] of Object.entries(values))
    draft.lines.push(lossLine(side, field, { lost, inForce: null }, reason, null))
}

function isOpenIn(draft: RecordDraft, key: string): boolean {
  const conflict = draft.conflicts.get(key)
  return conflict !== undefined && isOpen(conflict)
}
