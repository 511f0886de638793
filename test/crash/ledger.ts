// What clients know of their own writes: which they sent, and which of them the server has acknowledged.

export type FindingKind = 'lost' | 'duplicated' | 'invented' | 'miscounted'

export interface Finding {
  readonly kind: FindingKind
  /** The writes concerned. */
  readonly tokens: readonly string[]
  readonly message: string
}

/** What a reader is shown. */
export interface Reading {
  readonly tokens: readonly string[]
  /** The sum of the amounts, where the door has a counter: `exact` if it is written with its token in one change. */
  readonly total?: { readonly value: number; readonly isExact: boolean }
}

export class Ledger {
  readonly #amounts = new Map<string, number>()
  readonly #acknowledged = new Set<string>()
  readonly #sentAt = new Map<string, number>()
  #waitsMs: number[] = []

  get sent(): number {
    return this.#amounts.size
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  get unacknowledged(): readonly string[] {
    return [...this.#amounts.keys()].filter((token) => !this.#acknowledged.has(token))
  }

  /** Before the write leaves. */
  send(token: string, amount = 0): void {
    this.#amounts.set(token, amount)
    this.#sentAt.set(token, performance.now())
  }

  acknowledge(token: string): void {
    if (!this.#amounts.has(token)) throw new RangeError(`${token} was acknowledged and never sent`)
    this.#acknowledged.add(token)
    const sentAt = this.#sentAt.get(token)
    if (sentAt !== undefined) this.#waitsMs.push(performance.now() - sentAt)
    this.#sentAt.delete(token)
  }

  /** How long each write waited that was acknowledged since this was asked last, in milliseconds. */
  takeWaits(): readonly number[] {
    const waits = this.#waitsMs
    this.#waitsMs = []
    return waits
  }

  has(token: string): boolean {
    return this.#amounts.has(token)
  }

  amountOf(token: string): number {
    return this.#amounts.get(token) ?? 0
  }

  /** Everything acknowledged is there, once; nothing is there that was not sent; the counter agrees. */
  compare({ tokens, total }: Reading): readonly Finding[] {
    const found = new Set(tokens)
    const findings: Finding[] = []
    const report = (kind: FindingKind, concerned: readonly string[], what: string): void => {
      if (concerned.length > 0)
        findings.push({
          kind,
          tokens: concerned,
          message: `${concerned.length} ${what}: ${concerned.slice(0, 5).join(' ')}`,
        })
    }
    report(
      'lost',
      [...this.#acknowledged].filter((token) => !found.has(token)),
      'acknowledged and missing',
    )
    report(
      'duplicated',
      tokens.filter((token, index) => tokens.indexOf(token, index + 1) >= 0),
      'there more than once',
    )
    report(
      'invented',
      [...found].filter((token) => !this.#amounts.has(token)),
      'never sent',
    )
    if (total !== undefined) findings.push(...this.#compareTotal(total, found))
    return findings
  }

  #compareTotal({ value, isExact }: NonNullable<Reading['total']>, found: ReadonlySet<string>): Finding[] {
    const sum = (tokens: Iterable<string>): number => [...tokens].reduce((n, t) => n + this.amountOf(t), 0)
    const least = isExact ? sum(found) : sum(this.#acknowledged)
    const most = isExact ? least : sum(this.#amounts.keys())
    if (value >= least && value <= most) return []
    const expected = least === most ? `${least}` : `${least} to ${most}`
    return [{ kind: 'miscounted', tokens: [], message: `the counter shows ${value} instead of ${expected}` }]
  }
}
