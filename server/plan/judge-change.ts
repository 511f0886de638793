/** Judges all that a change writes: each field or group by its policy, and the record as a whole if it was deleted. */
import type { DecodedChange } from '@automerge/automerge'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import type { ValuesBefore } from './in-force.ts'
import { judgeDelete, judgeUpdateOfDeleted } from './judge-deletion.ts'
import { Judgement } from './judgement.ts'
import type { JournalEntry } from './plan.ts'
import type { UnitWrites } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'

/** The change must have been applied to the draft and recorded in its graph. */
export function judgeChange(
  draft: RecordDraft,
  change: DecodedChange,
  writes: readonly FieldWrite[],
  entry: JournalEntry,
  before: ValuesBefore,
): void {
  const firstLine = draft.lines.length
  let deletes: UnitWrites | null = null
  for (const unitWrites of byUnit(draft, writes, entry.rejected ?? {}, before))
    if (unitWrites.unit.key === DELETED_KEY) deletes = unitWrites
    else new Judgement(draft, change, entry.origin, unitWrites).run()
  if (deletes !== null) judgeDelete(draft, change, entry.origin, deletes)
  else judgeUpdateOfDeleted(draft, change, entry.origin, firstLine)
}

function byUnit(
  draft: RecordDraft,
  writes: readonly FieldWrite[],
  rejected: Readonly<Record<string, Violation>>,
  before: ValuesBefore,
): readonly UnitWrites[] {
  const units = new Map<string, { unit: Unit; writes: [FieldWrite, ...FieldWrite[]] }>()
  for (const write of writes) {
    const unit = draft.unitOf(write.field)
    const known = units.get(unit.key)
    if (known === undefined) units.set(unit.key, { unit, writes: [write] })
    else known.writes.push(write)
  }
  return [...units.values()].map((known) => ({
    before: before.get(known.unit.key) ?? null,
    // Of linked fields all are rejected with one, or a mix would remain that nobody entered.
    violation: known.writes.map(({ field }) => rejected[field]).find((one) => one !== undefined) ?? null,
    ...known,
  }))
}
