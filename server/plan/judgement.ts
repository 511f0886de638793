/**
 * Judges a change that has entered a draft: what becomes of each field it writes, by the field's policy and
 * by who had seen what (C1–C4, C6). It decides; `settle` then makes the document say so.
 */
import type { DecodedChange } from '@automerge/automerge'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import { sideIdOf } from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import { jsonEqual } from '../../shared/json.ts'
import type { CompetingWrite } from '../../shared/policies/clash.ts'
import type { Verdict } from '../../shared/policies/verdict.ts'
import { verdictOn } from '../../shared/policies/verdict.ts'
import type { Violation } from '../../shared/policies/violation.ts'
import type { FieldOutcome } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { boundsProblem, normalizeValue } from '../../shared/schema/check-value.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { fieldValueIn } from '../../shared/schema/unit.ts'
import { readField, toJson } from './automerge-values.ts'
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

  /** The change must have been applied to the draft and recorded in its graph. */
  constructor(draft: RecordDraft, change: DecodedChange, origin: Origin, unitWrites: UnitWrites) {
    this.#draft = draft
    this.#change = change
    this.#origin = origin
    this.#unit = unitWrites.unit
    this.#writes = unitWrites.writes
    this.#before = unitWrites.before
    this.#violation = unitWrites.violation
  }

  run(): void {
    const { key } = this.#unit
    const unseen = this.#unseen()
    const conflict = this.#draft.conflicts.get(key)
    const isDisputed = conflict !== undefined && isOpen(conflict)
    // A set, list, map or counter without a dispute shows the merge of all. A register may show, until it is settled, a
    // write that has lost and that the author had not seen.
    const isAlone = isContainer(this.#unit.spec) && unseen.length === 0 && !isDisputed
    const raws = this.#rawValues(isAlone)
    const violation = this.#violation ?? this.#problem(raws)
    if (violation !== null) return this.#reject(raws, violation)

    const written = this.#written(raws)
    if (isDisputed) {
      joinDispute(this.#draft, this.#unit, this.#change, conflict, this.#side(written))
      return this.#log(written, 'held', 'the field is disputed', conflict.id)
    }
    const isBreach = this.#breaks(written, this.#before)
    if (isBreach && (unseen.length === 0 || this.#breaks(written, this.#seenBefore())))
      return this.#reject(raws, { code: 'out_of_bounds', reason: this.#boundsReason(written) })
    this.#weigh(written, unseen, isBreach)
  }

  #unseen(): readonly FrontierWrite[] {
    const frontier = this.#draft.frontiers.get(this.#unit.key) ?? []
    return frontier.filter(({ actor, seq }) => !this.#draft.graph.sees(this.#change.hash, actor, seq))
  }

  /** What the author's document showed after the change, by field: with nobody beside him, what it shows now. */
  #rawValues(isAlone: boolean): ReadonlyMap<string, Json> {
    return new Map(
      this.#writes.map(({ field, operation, scalar, amount }) => {
        if (operation === 'increment') return [field, amount]
        if (scalar !== undefined) return [field, scalar]
        const { doc } = this.#draft
        return [field, toJson(isAlone ? doc.value(field) : this.#draft.rawAt([this.#change.hash], field))]
      }),
    )
  }

  #problem(raws: ReadonlyMap<string, Json>): Violation | null {
    for (const write of this.#writes) {
      const spec = this.#draft.specOf(write.field)
      const violation = spec === undefined ? null : writeViolation(spec, write, raws.get(write.field) ?? null)
      if (violation !== null) return violation
    }
    return null
  }

  #written(raws: ReadonlyMap<string, Json>): CompetingWrite {
    const [write] = this.#writes
    if (!this.#unit.isGroup) return competingWrite(this.#unit, write, raws.get(write.field) ?? null)
    // Linked fields stand together as their author had them, those that he left alone included.
    const value = this.#unit.fields.map((field): [string, Json] => {
      const spec = this.#draft.specOf(field)
      const raw = raws.get(field) ?? toJson(this.#draft.rawAt([this.#change.hash], field))
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

  #reject(raws: ReadonlyMap<string, Json>, violation: Violation): void {
    this.#draft.restored.set(this.#unit.key, this.#before)
    this.#draft.touched.add(this.#unit.key)
    for (const { field, operation } of this.#writes)
      this.#line({
        field,
        operation,
        oldValue: fieldValueIn(this.#unit, this.#before, field),
        newValue: raws.get(field) ?? null,
        outcome: 'rejected',
        ...violation,
      })
  }

  #weigh(written: CompetingWrite, unseen: readonly FrontierWrite[], isBreach: boolean): void {
    const unit = this.#unit
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
    for (const { field, operation } of this.#writes) {
      const spec = this.#draft.specOf(field)
      const isEdit = operation === 'edit' && spec !== undefined
      const newValue = isEdit
        ? this.#draft.valueOf(field, spec)
        : fieldValueIn(this.#unit, written.value, field)
      const oldValue = fieldValueIn(this.#unit, this.#before, field)
      const told = this.#unit.isGroup ? operation : operationOf(written)
      this.#line({ field, operation: told, oldValue, newValue, outcome, reason, conflictId })
    }
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
    line: Pick<
      RecordDraft['lines'][number],
      'field' | 'operation' | 'oldValue' | 'newValue' | 'outcome' | 'reason'
    > &
      Partial<Pick<RecordDraft['lines'][number], 'code' | 'conflictId'>>,
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

const operationOf = ({ operation }: CompetingWrite): RecordDraft['lines'][number]['operation'] =>
  operation === 'update' ? 'set' : operation
