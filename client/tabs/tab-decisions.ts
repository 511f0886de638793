/** A tab's decisions about conflicts: they wait in the tab that leads, which sends them (K9). */
import type { Decision, DecisionLine, DecisionOutcome } from '../decisions.ts'
import type { ToLeader } from './tab-messages.ts'

interface Own {
  readonly decision: Decision
  readonly settled: Promise<DecisionOutcome>
  readonly settle: (outcome: DecisionOutcome) => void
}

export class TabDecisions implements DecisionLine {
  readonly #post: (message: ToLeader) => void
  readonly #onChange: () => void
  /** Made in this tab, and not answered. */
  readonly #own = new Map<string, Own>()
  #told: readonly Decision[]

  constructor(told: readonly Decision[], post: (message: ToLeader) => void, onChange: () => void) {
    this.#told = told
    this.#post = post
    this.#onChange = onChange
  }

  get waiting(): readonly Decision[] {
    const told = new Set(this.#told.map(({ id }) => id))
    return [
      ...this.#told,
      ...[...this.#own.values()].flatMap(({ decision }) => (told.has(decision.id) ? [] : [decision])),
    ]
  }

  add(decision: Decision): Promise<DecisionOutcome> {
    let settle = (_: DecisionOutcome): void => {}
    const settled = new Promise<DecisionOutcome>((resolve) => {
      settle = resolve
    })
    this.#own.set(decision.id, { decision, settled, settle })
    this.#post({ type: 'decide', decision })
    this.#onChange()
    return settled
  }

  /** The leading tab does. */
  async send(): Promise<void> {}

  /** There is a new leader. The one before may have sent what he was given: nothing is repeated blindly. */
  handOver(): void {
    for (const { decision } of this.#own.values())
      this.#post({ type: 'decide', decision: { ...decision, wasSent: true } })
  }

  told(decisions: readonly Decision[]): void {
    this.#told = decisions
    this.#onChange()
  }

  decided(id: string, outcome: DecisionOutcome): void {
    this.#own.get(id)?.settle(outcome)
    this.#own.delete(id)
    this.#told = this.#told.filter((one) => one.id !== id)
    this.#onChange()
  }
}
