// A record whose conflicts are worked on by named persons; every test on it may ask for the replay.
import type { RecordCommand, RecordOutcome } from '../../server/plan/record-command.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { standingSides } from '../../shared/conflicts/conflict.ts'
import type { InboxStep } from '../../shared/conflicts/inbox-transitions.ts'
import type { JsonObject } from '../../shared/json.ts'
import { PolicyBench } from './policy-bench.ts'

type Resolve = Extract<RecordCommand, { type: 'resolve' }>

export class InboxBench extends PolicyBench {
  /** The conflict of a unit; without one the test is wrong. */
  at(unitKey: string): Conflict {
    const conflict = this.conflict(unitKey)
    if (conflict === undefined) throw new Error(`no conflict on ${unitKey}`)
    return conflict
  }

  get letters(): readonly Conflict[] {
    return [...this.state.conflicts.values()].filter(({ kind }) => kind === 'dead-letter')
  }

  /** Two authors who saw the same write the unit: a conflict, ann's value in force. */
  dispute(ann: JsonObject, bob: JsonObject): readonly string[] {
    const saw = this.heads
    this.put('ann', ann, { saw })
    this.put('bob', bob, { saw })
    return saw
  }

  decide(
    subject: string,
    conflict: Conflict,
    decision: Resolve['decision'],
    seen: readonly string[] = standingSides(conflict).map(({ id }) => id),
  ): RecordOutcome {
    const origin = this.origin(subject)
    return this.#one({ type: 'resolve', conflictId: conflict.id, decision, seen, note: 'because', origin })
  }

  approve(subject: string, { id, proposal }: Conflict): RecordOutcome {
    const origin = this.origin(subject)
    return this.#one({ type: 'approve', conflictId: id, proposal: proposal?.id ?? 'p0', origin })
  }

  step(
    subject: string,
    { id }: Conflict,
    step: Exclude<InboxStep, { type: 'propose' | 'approve' }>,
  ): RecordOutcome {
    return this.#one({ type: 'step', conflictId: id, step, origin: this.origin(subject) })
  }

  undo(subject: string, { id }: Conflict): RecordOutcome {
    return this.#one({ type: 'undo', conflictId: id, origin: this.origin(subject) })
  }

  /** An upload that no record can take. */
  bury(subject: string, values: JsonObject): RecordOutcome {
    const rejected = Object.entries(values).map(
      ([field, value]) =>
        ({ field, operation: 'set', value, code: 'invalid_value', reason: 'does not fit' }) as const,
    )
    return this.#one({ type: 'bury', rejected, origin: this.origin(subject, { door: 'upload' }), keep: null })
  }

  correct(subject: string, { id }: Conflict, values: JsonObject): RecordOutcome {
    const ops = Object.entries(values).map(([field, value]) => ({ type: 'set', field, value }) as const)
    return this.#one({
      type: 'correct',
      conflictId: id,
      ops,
      values,
      note: null,
      origin: this.origin(subject),
    })
  }

  /** What has happened to a conflict, as type and author. */
  story({ id }: Conflict): readonly string[] {
    return (this.conflicts.get(id)?.events ?? []).map(({ type, author }) => `${type} ${author}`)
  }

  #one(command: RecordCommand): RecordOutcome {
    const [outcome] = this.run(command).outcomes
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }
}

/** The state that a step led to, or why it was refused. */
export const ended = (outcome: RecordOutcome): string =>
  outcome.ok ? (outcome.conflict?.state ?? 'no conflict') : outcome.error.code
