// A record whose writes come from named authors with roles, devices, clocks and metadata; and the promise that the
// journal alone gives what the plans gave: the same view, conflicts, log and events (C3).
import { expect } from 'vitest'
import { replayJournal } from '../../server/plan/fold-journal.ts'
import type { OutboxEvent } from '../../server/plan/plan.ts'
import type { RecordCommand, RecordOutcome } from '../../server/plan/record-command.ts'
import { RecordDocument } from '../../server/plan/record-document.ts'
import { freeState } from '../../server/plan/record-state.ts'
import { viewOf } from '../../server/plan/view-of.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldOp, WriteIntent } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { originOf, RecordBench } from './record-bench.ts'

export interface As extends Partial<Omit<Origin, 'subject'>> {
  readonly saw?: readonly string[] | null
  readonly strict?: boolean
  readonly intent?: WriteIntent
}

export class PolicyBench extends RecordBench {
  readonly conflicts = new Map<string, Conflict>()
  readonly events: OutboxEvent[] = []
  #tick = 0

  override run(...commands: RecordCommand[]): ReturnType<RecordBench['run']> {
    const ran = super.run(...commands)
    for (const conflict of ran.plan?.conflicts ?? []) this.conflicts.set(conflict.id, conflict)
    for (const event of ran.plan?.outbox ?? [])
      if (!/^(conflict|edit)\./.test(event.event)) this.events.push(event)
    return ran
  }

  origin(subject: string, { saw: _saw, strict: _strict, intent: _intent, ...origin }: As = {}): Origin {
    return { ...originOf(subject, 60 + this.#tick++), ...origin }
  }

  ask(subject: string, ops: readonly FieldOp[], as: As = {}): RecordOutcome {
    const intent = as.intent ?? (this.state.version === 0 ? 'replace' : 'update')
    const { saw = null, strict = false } = as
    const origin = this.origin(subject, as)
    const [outcome] = this.run({ type: 'write', intent, ops, saw, strict, origin, keep: null }).outcomes
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }

  put(subject: string, fields: Readonly<Record<string, Json>>, as: As = {}): RecordOutcome {
    const ops = Object.entries(fields).map(([field, value]): FieldOp => ({ type: 'set', field, value }))
    return this.ask(subject, ops, as)
  }

  increment(subject: string, field: string, amount: number, as: As = {}): RecordOutcome {
    return this.ask(subject, [{ type: 'increment', field, amount }], as)
  }

  remove(subject: string, as: As = {}): RecordOutcome {
    return this.ask(subject, [], { ...as, intent: 'delete' })
  }

  resolve(subject: string, unitKey: string, decision: { choose: string } | { value: Json }): RecordOutcome {
    const conflict = this.conflict(unitKey)
    if (conflict === undefined) throw new Error(`no conflict on ${unitKey}`)
    const seen = [conflict.incumbent, ...conflict.alongside, ...conflict.challengers].map(({ id }) => id)
    const origin = this.origin(subject)
    const command = { type: 'resolve', conflictId: conflict.id, decision, seen, note: null, origin } as const
    const [outcome] = this.run(command).outcomes
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }

  /** What became of one field of a write that was carried out. */
  outcomeOf(outcome: RecordOutcome, field: string): string {
    if (!outcome.ok) return outcome.error.code
    return outcome.fields[field]?.outcome ?? 'nothing'
  }

  /** Lines of the log as `field outcome author value`. */
  get told(): readonly string[] {
    return this.lines.map(({ field, outcome, origin, oldValue, newValue }) => {
      const written = outcome === 'superseded' ? oldValue : newValue
      return `${field} ${outcome} ${origin.subject} ${JSON.stringify(written)}`
    })
  }

  checkReplay(): void {
    const { key, bindings, createdAt, chain } = this.state
    const input = { snapshot: null, tail: this.journal, bindings, createdAt, chain }
    const replayed = replayJournal(key, this.collection, input)
    expect(viewOf(replayed.state)).toEqual(this.view)
    expect(replayed.lines).toEqual(this.lines)
    expect(new Map(replayed.conflicts)).toEqual(this.conflicts)
    expect(replayed.events).toEqual(this.events)
    expect(replayed.state.heldEvents).toEqual(this.state.heldEvents)
    const loaded = RecordDocument.load(this.state.doc.save())
    expect(viewOf({ ...this.state, doc: loaded })).toEqual(this.view)
    loaded.free()
    freeState(replayed.state, null)
  }
}
