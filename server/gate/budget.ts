/** An amount that one update may use up, counted over everything in it. */
export class Budget {
  #left: number
  readonly #reason: string

  constructor(amount: number, reason: string) {
    this.#left = amount
    this.#reason = reason
  }

  /** @throws BudgetExhausted */
  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new BudgetExhausted(this.#reason)
  }
}

/** Its message is the reason of the refusal. Caught by the gate; it never leaves it. */
export class BudgetExhausted extends Error {
  override readonly name = 'BudgetExhausted'
}
