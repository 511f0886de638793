/** The last minutes of work, in slots of some seconds, so that a page can draw lines as soon as it opens. Bounded. */
import { LatencyBuckets } from './latency-buckets.ts'

export interface WindowOptions {
  readonly slotMs: number
  readonly slots: number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

/** What is looked at once per slot. */
export interface Levels {
  readonly sessions: number
  readonly rooms: number
  /** Records whose text columns lag behind their journal. */
  readonly laggingTexts: number
  /** The longest that the event loop was late, in milliseconds. */
  readonly eventLoopDelayMs: number
}

export interface Sample extends Levels {
  /** How long ago the slot ended, in milliseconds. */
  readonly ageMs: number
  readonly commits: number
  readonly commands: number
  readonly refused: number
  readonly acknowledged: number
  /** In milliseconds; null if nothing was acknowledged. */
  readonly acknowledgementP50Ms: number | null
  readonly acknowledgementP95Ms: number | null
  readonly acknowledgementMaxMs: number | null
}

interface Slot extends Levels {
  /** Counted from the clock's zero. */
  readonly number: number
  readonly commits: number
  readonly commands: number
  readonly refused: number
  readonly latencies: LatencyBuckets
}

export class RollingWindow {
  readonly slotMs: number
  readonly #slots: number
  readonly #clock: () => number
  /** Oldest first, without those in which nothing was told. */
  #past: Slot[] = []
  #commits = 0
  #commands = 0
  #refused = 0
  #latencies = new LatencyBuckets()

  constructor({ slotMs, slots, clock }: WindowOptions) {
    this.slotMs = slotMs
    this.#slots = slots
    this.#clock = clock
  }

  committed(commands: number): void {
    this.#commits += 1
    this.#commands += commands
  }

  refused(): void {
    this.#refused += 1
  }

  acknowledged(ms: number): void {
    this.#latencies.add(ms)
  }

  /** Ends the slot. To be called once per slot; a slot that a busy server has skipped is missing. */
  endSlot(levels: Levels): void {
    const slot: Slot = {
      ...levels,
      number: Math.floor(this.#clock() / this.slotMs),
      commits: this.#commits,
      commands: this.#commands,
      refused: this.#refused,
      latencies: this.#latencies,
    }
    this.#past = [...this.#past, slot].filter(({ number }) => number > slot.number - this.#slots)
    this.#commits = 0
    this.#commands = 0
    this.#refused = 0
    this.#latencies = new LatencyBuckets()
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    const now = Math.floor(this.#clock() / this.slotMs)
    return this.#past
      .filter(({ number }) => number > now - this.#slots)
      .map(({ number, latencies, ...slot }) => ({
        ...slot,
        ageMs: (now - number) * this.slotMs,
        acknowledged: latencies.count,
        acknowledgementP50Ms: latencies.quantileMs(0.5),
        acknowledgementP95Ms: latencies.quantileMs(0.95),
        acknowledgementMaxMs: latencies.maxMs,
      }))
  }
}
