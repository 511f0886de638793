/**
 * Judges a change that has entered a draft: what becomes of each field it writes, by the field's policy and
 * by who had seen what (C1–C4, C6). It decides; `settle` then makes the document say so.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import { sideIdOf } from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import type { CompetingWrite } from '../../shared/policies/clash.ts'
import type { Verdict } from '../../shared/policies/verdict.ts'
import { verdictOn } from '../../shared/policies/verdict.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import type { FieldChange, FieldOperation, FieldOutcome } from '../../shared/record/field-change.ts'
import type { FieldEdit } from '../../shared/record/field-edit.ts'
import { editBetween } from '../../shared/record/field-edit.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { boundsProblem, normalizeValue } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { readField, readOnce, toJson } from './automerge-values.ts'
import { dispute, joinDispute } from './dispute.ts'
import type { UnitWrites } from './read-write.ts'
import { competingWrite, lossLine, sideOf, writeViolation } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'

/** One unit of one change. A class only to spare a dozen functions the same parameters. */
export class Judgement {
  readonly #draft: RecordDraft
  readonly #change: DecodedChange
  readonly #origin: Origin
  readonly #unit: Unit
  readonly #writes: UnitWrites['writes']
  readonly #before: Json
  readonly #violation: Violation | null
  readonly #unseen: readonly FrontierWrite[]
  readonly #conflict: Conflict | undefined
  /**
   * A set, list, map or counter without a dispute shows the merge of all. A register may show, until it is settled, a
   * write that has lost and that the author had not seen.
   */
  readonly #isAlone: boolean
  /**
   * What the author's document showed after the change, by field: with nobody beside him what it shows now, as the
   * document hands it out, unless that was edited; otherwise as JSON.
   */
  readonly #raws: ReadonlyMap<string, unknown>

  /** The change must have been applied to the draft and recorded in its graph. */
  constructor(draft: RecordDraft, change: DecodedChange, origin: Origin, unitWrites: UnitWrites) {
    this.#draft = draft
    this.#change = change
    this.#origin = origin
    this.#unit = unitWrites.unit
    this.#writes = unitWrites.writes
    this.#before = unitWrites.before
    this.#violation = unitWrites.violation
    this.#unseen = this.#unseenWrites()
    const conflict = draft.conflicts.get(this.#unit.key)
    this.#conflict = conflict !== undefined && isOpen(conflict) ? conflict : undefined
    this.#isAlone = isContainer(this.#unit.spec) && this.#unseen.length === 0 && this.#conflict === undefined
    this.#raws = this.#rawValues()
  }

  run(): void {
    const violation = this.#violation ?? this.#problem()
    if (violation !== null) return this.#reject(violation)

    const written = this.#written()
    const conflict = this.#conflict
    if (conflict !== undefined) {
      joinDispute(this.#draft, this.#unit, this.#change, conflict, this.#side(written))
      return this.#log(written, 'held', 'the field is disputed', conflict.id)
    }
    const isBreach = this.#breaks(written, this.#before)
    if (isBreach && (this.#unseen.length === 0 || this.#breaks(written, this.#seenBefore())))
      return this.#reject({ code: 'out_of_bounds', reason: this.#boundsReason(written) })
    this.#weigh(written, isBreach)
  }

  #unseenWrites(): readonly FrontierWrite[] {
    const frontier = this.#draft.frontiers.get(this.#unit.key) ?? []
    return frontier.filter(({ actor, seq }) => !this.#draft.graph.sees(this.#change.hash, actor, seq))
  }

  #rawValues(): ReadonlyMap<string, unknown> {
    return new Map(
      this.#writes.map(({ field, operation, scalar, amount }) => {
        if (operation === 'increment') return [field, amount]
        if (scalar !== undefined) return [field, scalar]
        const draft = this.#draft
        // What was edited is read as a field, of which little is new.
        if (this.#isAlone) return [field, operation === 'edit' ? undefined : draft.doc.value(field)]
        return [field, toJson(draft.rawAt([this.#change.hash], field))]
      }),
    )
  }

  #problem(): Violation | null {
    for (const write of this.#writes) {
      const spec = this.#draft.specOf(write.field)
      const violation = spec === undefined ? null : writeViolation(spec, write, this.#raws.get(write.field))
      if (violation !== null) return violation
    }
    return null
  }

  #written(): CompetingWrite {
    const [write] = this.#writes
    if (!this.#unit.isGroup && write.operation === 'edit' && this.#isAlone)
      return { operation: 'edit', value: this.#after(write.field, this.#unit.spec) }
    if (!this.#unit.isGroup) return competingWrite(this.#unit, write, this.#raws.get(write.field))
    // Linked fields stand together as their author had them, those that he left alone included.
    const value = this.#unit.fields.map((field): [string, Json] => {
      const spec = this.#draft.specOf(field)
      const raw = toJson(this.#raws.get(field)) ?? toJson(this.#draft.rawAt([this.#change.hash], field))
      return [field, spec === undefined ? null : normalizeValue(spec, raw)]
    })
    return { operation: 'set', value: Object.fromEntries(value) }
  }

  /** Whether an increment leads out of the counter's bounds. */
  #breaks({ operation, value }: CompetingWrite, from: Json): boolean {
    return (
      operation === 'increment' &&
      boundsProblem(this.#unit.spec.bounds, Number(from) + Number(value)) !== null
    )
  }

  #boundsReason({ value }: CompetingWrite): string {
    const sum = Number(this.#before) + Number(value)
    return `${this.#unit.key} ${boundsProblem(this.#unit.spec.bounds, sum)}`
  }

  /** The counter as the author saw it before he changed it. */
  #seenBefore(): Json {
    return readField(this.#unit.spec, this.#draft.rawAt(this.#change.deps, this.#unit.key))
  }

  #reject(violation: Violation): void {
    this.#draft.restored.set(this.#unit.key, this.#before)
    this.#draft.touched.add(this.#unit.key)
    for (const write of this.#writes) {
      const newValue = toJson(this.#raws.get(write.field))
      const told = this.#told(write, write.operation === 'edit' ? 'set' : write.operation, newValue)
      this.#line({ field: write.field, ...told, outcome: 'rejected', ...violation })
    }
  }

  #weigh(written: CompetingWrite, isBreach: boolean): void {
    const unit = this.#unit
    const unseen = this.#unseen
    const write = this.#frontierWrite(written)
    const frontier = this.#draft.frontiers.get(unit.key) ?? []
    const verdict = verdictOn({ unit, write, frontier, unseen, isBreach })
    if (verdict.outcome === 'held') {
      const [first, ...more] = verdict.against
      const against = [first.side, ...more.map(({ side }) => side)] as const
      const conflict = dispute(this.#draft, unit, this.#change, write.side, against, this.#before)
      const reason = isBreach
        ? 'breaks the bounds together with concurrent writes'
        : 'a concurrent write is in force'
      return this.#log(written, 'held', reason, conflict.id)
    }
    this.#draft.frontiers.set(unit.key, verdict.frontier)
    if (!unit.isKnown) return this.#log(written, 'applied', 'unknown field: kept, not projected')
    this.#draft.restored.delete(unit.key)
    if (!isContainer(unit.spec)) this.#draft.touched.add(unit.key)
    this.#tell(written, verdict)
  }

  #tell(
    written: CompetingWrite,
    verdict: Exclude<Verdict<FrontierWrite>, { readonly outcome: 'held' }>,
  ): void {
    const { winner, displaced, outcome } = verdict
    if (outcome === 'superseded')
      this.#logLoss(this.#side(written), winner, 'a concurrent write is preferred')
    else this.#log(written, outcome, verdict.agrees ? 'agrees with a concurrent write' : null)
    const by = `superseded by change ${sideIdOf(winner.side.changeHash)}`
    for (const loser of displaced) this.#logLoss(loser.side, winner, by)
    const isBack = outcome === 'superseded' && displaced.length === 0 && !this.#isShown(winner)
    if (isBack) this.#logReturn(winner)
  }

  #isShown({ side }: FrontierWrite): boolean {
    return jsonEqual(side.value, this.#before)
  }

  #frontierWrite(written: CompetingWrite): FrontierWrite {
    const { actor, seq, hash } = this.#change
    const op = Math.max(...this.#writes.map((write) => write.op))
    const time = this.#draft.graph.node(hash)?.time ?? 0
    return { actor, seq, op, time, side: this.#side(written) }
  }

  #side(written: CompetingWrite): FrontierWrite['side'] {
    return sideOf(this.#change, this.#origin, written)
  }

  #log(
    written: CompetingWrite,
    outcome: FieldOutcome,
    reason: string | null,
    conflictId: string | null = null,
  ): void {
    for (const write of this.#writes) {
      const { field } = write
      const newValue = fieldValueIn(this.#unit, written.value, field)
      const whole = newValue === null ? 'delete' : 'set'
      const told = this.#told(write, this.#unit.isGroup ? whole : operationOf(written), newValue)
      this.#line({ field, ...told, outcome, reason, conflictId })
    }
  }

  /** How the log tells of a write: an edit within a set, list or map by what it took out and put in. */
  #told(write: FieldWrite, operation: FieldOperation, newValue: Json): LineValues {
    const edit = write.operation === 'edit' ? this.#edit(write.field) : null
    if (edit !== null) return { operation: 'edit', oldValue: edit.removed, newValue: edit.added }
    return { operation, oldValue: fieldValueIn(this.#unit, this.#before, write.field), newValue }
  }

  /** What the author did to the field as he saw it; null where editing writes the whole value (R3). */
  #edit(field: string): FieldEdit | null {
    const spec = this.#draft.specOf(field)
    if (spec === undefined || !isContainer(spec)) return null
    const before = this.#isAlone
      ? fieldValueIn(this.#unit, this.#before, field)
      : readField(spec, this.#draft.rawAt(this.#change.deps, field))
    return editBetween(spec, before, this.#after(field, spec))
  }

  /** The container as the author's document showed it after he had edited it. */
  #after(field: string, spec: FieldSpec): Json {
    return this.#isAlone ? this.#draft.valueOf(field, spec) : readOnce(spec, this.#raws.get(field))
  }

  /** Tells an author that a concurrent write is in force and his is not. */
  #logLoss(side: FrontierWrite['side'], winner: FrontierWrite, reason: string): void {
    for (const { field } of this.#writes) {
      const lost = fieldValueIn(this.#unit, side.value, field)
      const inForce = fieldValueIn(this.#unit, winner.side.value, field)
      this.#draft.lines.push(lossLine(side, field, { lost, inForce }, reason, null))
    }
  }

  /** What had been overridden is in force again: who overrode it has lost to a third. */
  #logReturn({ side }: FrontierWrite): void {
    const [{ field }] = this.#writes
    const reason = 'in force again: what had replaced it was replaced in turn'
    this.#draft.lines.push({
      ...lossLine(side, field, { lost: this.#before, inForce: side.value }, reason, null),
      outcome: 'applied',
    })
  }

  #line(
    line: LineValues &
      Pick<FieldChange, 'field' | 'outcome' | 'reason'> &
      Partial<Pick<FieldChange, 'code' | 'conflictId'>>,
  ): void {
    this.#draft.lines.push({
      code: null,
      conflictId: null,
      ...line,
      changeHash: this.#change.hash,
      origin: this.#origin,
    })
  }
}

type LineValues = Pick<FieldChange, 'operation' | 'oldValue' | 'newValue'>

const operationOf = ({ operation }: CompetingWrite): FieldOperation =>
  operation === 'update' || operation === 'edit' ? 'set' : operation
