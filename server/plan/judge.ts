/**
 * Judges a change that has entered a draft: what becomes of each field it writes, by the field's policy and
 * by who had seen what (C1–C4, C6). It decides; `settle` then makes the document say so.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { Conflict, Side } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import {
  challenge,
  openConflict,
  reopenConflict,
  sideIdOf,
} from '../../shared/conflicts/conflict-transitions.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldWrite } from '../../shared/merge/field-writes.ts'
import type { CompetingWrite } from '../../shared/policies/clash.ts'
import { verdictOn } from '../../shared/policies/verdict.ts'
import type { FieldChange, FieldOutcome } from '../../shared/record/field-change.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import { toJson } from './automerge-values.ts'
import { competingWrite, sideOf, writeProblem } from './read-write.ts'
import type { RecordDraft } from './record-draft.ts'
import type { FrontierWrite } from './record-state.ts'

/** Field values in force before the change was applied, for the fields it writes. */
export type ValuesBefore = ReadonlyMap<string, Json>

/** Reads what `judgeChange` needs to know of the time before. Call it before the change is applied. */
export function valuesBefore(draft: RecordDraft, fields: Iterable<string>): ValuesBefore {
  const values = new Map<string, Json>()
  for (const field of fields) {
    const spec = draft.specOf(field)
    if (spec !== undefined) values.set(field, valueInForce(draft, field, spec))
  }
  return values
}

/** What readers are shown: the value that a conflict holds, or else the value of the newest write in force. */
export function valueInForce(draft: RecordDraft, field: string, spec: FieldSpec): Json {
  const conflict = draft.conflicts.get(field)
  if (conflict !== undefined && isOpen(conflict)) return conflict.inForce
  const restored = draft.restored.get(field)
  if (restored !== undefined) return restored
  if (isContainer(spec)) return draft.valueOf(field, spec)
  return draft.frontiers.get(field)?.at(-1)?.side.value ?? null
}

/** The change must have been applied to the draft and recorded in its graph. */
export function judgeChange(
  draft: RecordDraft,
  change: DecodedChange,
  writes: readonly FieldWrite[],
  origin: Origin,
  before: ValuesBefore,
): void {
  for (const write of writes)
    new Judgement(draft, change, origin, write, before.get(write.field) ?? null).run()
}

/** One field write of one change. A class only to spare a dozen functions the same five parameters. */
class Judgement {
  readonly #draft: RecordDraft
  readonly #change: DecodedChange
  readonly #origin: Origin
  readonly #write: FieldWrite
  readonly #before: Json

  constructor(draft: RecordDraft, change: DecodedChange, origin: Origin, write: FieldWrite, before: Json) {
    this.#draft = draft
    this.#change = change
    this.#origin = origin
    this.#write = write
    this.#before = before
  }

  run(): void {
    const { field } = this.#write
    const spec = this.#draft.specOf(field)
    if (spec === undefined) {
      const value = toJson(this.#draft.doc[field])
      return this.#log(
        { operation: this.#write.operation, value },
        'applied',
        'unknown field: kept, not projected',
      )
    }
    const frontier = this.#draft.frontiers.get(field) ?? []
    const unseen = frontier.filter(({ actor, seq }) => !this.#draft.graph.sees(this.#change.hash, actor, seq))
    const conflict = this.#draft.conflicts.get(field)
    const isAlone = unseen.length === 0 && (conflict === undefined || !isOpen(conflict))
    const raw = this.#rawValue(isAlone)
    const problem = writeProblem(spec, this.#write, raw)
    if (problem !== null) return this.#reject(raw, `${field} ${problem}`)

    const written = competingWrite(spec, this.#write, raw)
    if (conflict !== undefined && isOpen(conflict)) return this.#join(conflict, written)
    this.#weigh(spec, written, unseen)
  }

  /** What the author's document showed after the change: with nobody beside him, what it shows now. */
  #rawValue(isAlone: boolean): Json {
    const { operation, scalar, amount, field } = this.#write
    if (operation === 'increment') return amount
    if (scalar !== undefined) return scalar
    return toJson(isAlone ? this.#draft.doc[field] : this.#draft.rawAt([this.#change.hash], field))
  }

  #reject(value: Json, reason: string): void {
    const { field, operation } = this.#write
    this.#draft.restored.set(field, this.#before)
    this.#draft.touched.add(field)
    this.#log({ operation, value }, 'rejected', reason)
  }

  /** The field is disputed: every further write joins as a challenger, whatever its author saw (C4). */
  #join(conflict: Conflict, written: CompetingWrite): void {
    const { graph } = this.#draft
    const replaced = conflict.challengers
      .filter((side) => graph.node(side.changeHash)?.actor === this.#change.actor)
      .map((side) => side.id)
    this.#draft.setConflict(this.#write.field, challenge(conflict, this.#side(written), replaced))
    this.#log(written, 'held', 'the field is disputed', conflict.id)
  }

  #weigh(spec: FieldSpec, written: CompetingWrite, unseen: readonly FrontierWrite[]): void {
    const verdict = verdictOn(
      spec,
      written,
      unseen.map((write) => ({ ...write.side, write })),
    )
    if (verdict.outcome === 'held') return this.#hold(spec, written, verdict.against)

    const superseded = verdict.outcome === 'merged' ? verdict.superseded.map(({ write }) => write) : []
    const standing = unseen.filter((write) => !superseded.includes(write))
    const own = { actor: this.#change.actor, seq: this.#change.seq, side: this.#side(written) }
    this.#draft.frontiers.set(this.#write.field, [...standing, own])
    this.#draft.restored.delete(this.#write.field)
    if (!isContainer(spec)) this.#draft.touched.add(this.#write.field)
    const agrees = verdict.outcome === 'applied' && verdict.agreesWith.length > 0
    this.#log(written, verdict.outcome, agrees ? 'agrees with a concurrent write' : null)
    for (const loser of superseded) this.#logLoser(loser.side, written)
  }

  #hold(spec: FieldSpec, written: CompetingWrite, against: readonly [Side, ...Side[]]): void {
    const { field } = this.#write
    const { graph, conflicts, origin } = this.#draft
    const challenger = this.#side(written)
    const incumbent = against.at(-1) ?? against[0]
    const standing = {
      incumbent: bare(incumbent),
      alongside: against.slice(0, -1).map(bare),
      inForce: this.#before,
    }
    const earlier = conflicts.get(field)
    const decision = earlier?.resolution ?? null
    const sawDecision = decision !== null && this.#hasSeen(decision.changeHash)
    const common = graph.commonHeads(incumbent.changeHash, this.#change.hash)
    const conflict =
      earlier !== undefined && decision !== null && !sawDecision
        ? reopenConflict(earlier, standing, challenger)
        : openConflict(
            origin.documentId,
            field,
            standing,
            challenger,
            this.#draft.valueAt(common, field, spec),
          )
    this.#draft.setConflict(field, conflict)
    this.#log(written, 'held', 'a concurrent write is in force', conflict.id)
  }

  #hasSeen(hash: string): boolean {
    const node = this.#draft.graph.node(hash)
    return node !== undefined && this.#draft.graph.sees(this.#change.hash, node.actor, node.seq)
  }

  #side(written: CompetingWrite): Side {
    return sideOf(this.#change, this.#origin, written)
  }

  #log(
    written: CompetingWrite,
    outcome: FieldOutcome,
    reason: string | null,
    conflictId: string | null = null,
  ): void {
    const { field, operation } = this.#write
    const spec = this.#draft.specOf(field)
    const after =
      operation === 'edit' && spec !== undefined ? this.#draft.valueOf(field, spec) : written.value
    this.#draft.lines.push({
      field,
      operation: written.operation,
      oldValue: this.#before,
      newValue: after,
      outcome,
      reason,
      conflictId,
      changeHash: this.#change.hash,
      origin: this.#origin,
    })
  }

  /** Tells the author of a write in force that a concurrent one has taken its place. */
  #logLoser(side: Side, winner: CompetingWrite): void {
    const line: FieldChange = {
      field: this.#write.field,
      operation: side.operation,
      oldValue: side.value,
      newValue: winner.value,
      outcome: 'superseded',
      reason: `superseded by change ${sideIdOf(this.#change.hash)}, which was received later`,
      conflictId: null,
      changeHash: side.changeHash,
      origin: {
        subject: side.author,
        session: side.session,
        door: side.door,
        device: side.device,
        metadata: side.metadata,
        claimedAt: side.claimedAt,
        receivedAt: side.receivedAt,
      },
    }
    this.#draft.lines.push(line)
  }
}

/** A frontier's side as it is kept in a conflict, without the frontier entry that travelled beside it. */
function bare(side: Side & { readonly write?: unknown }): Side {
  const { write: _write, ...rest } = side
  return rest
}
