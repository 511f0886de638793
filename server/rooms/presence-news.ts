/**
 * Tells those in a room who is there. Everybody tells everybody, so what it costs grows with the square of those who are
 * there: where they are many, what they announce within a moment is gathered, the latest of each, and told as one.
 */
import type { AwarenessEntry } from '../gate/awareness-gate.ts'

export interface PresenceListener {
  readonly session: string
  /** Whether it is told what it has announced itself: some clients take silence for a lost connection. */
  readonly hearsItself: boolean
  /** @param entries never changed, and the same array for all who hear the same, so that it is encoded once. */
  onPresence(entries: readonly AwarenessEntry[]): void
}

export interface PresenceNewsParts {
  readonly listeners: ReadonlySet<PresenceListener>
  /** Milliseconds that never go back. */
  readonly clock: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** From one message to the next, for each who hears it: 400 people hear of each other ten times a second. */
const MS_PER_LISTENER = 0.25
const INTERVAL_MS_MAX = 100
/** Timers are not more exact. */
const WAIT_MS_MIN = 1

export class PresenceNews {
  readonly #parts: PresenceNewsParts
  /** By client, in the order in which they came. */
  readonly #entries = new Map<number, AwarenessEntry>()
  /** Client → the session that has announced it. */
  readonly #tellers = new Map<number, string>()
  #toldAt = Number.NEGATIVE_INFINITY
  #isWaiting = false

  constructor(parts: PresenceNewsParts) {
    this.#parts = parts
  }

  /** Tells it at once, or before long. */
  add(entries: readonly AwarenessEntry[], teller: string): void {
    if (entries.length === 0) return
    for (const entry of entries) {
      this.#entries.delete(entry.client)
      this.#entries.set(entry.client, entry)
      this.#tellers.set(entry.client, teller)
    }
    if (this.#isWaiting) return
    const { listeners, clock, sleep } = this.#parts
    const waitMs = this.#toldAt + Math.min(listeners.size * MS_PER_LISTENER, INTERVAL_MS_MAX) - clock()
    if (waitMs < WAIT_MS_MIN) return this.#tell()
    this.#isWaiting = true
    void sleep(waitMs).then(() => {
      this.#isWaiting = false
      this.#tell()
    })
  }

  #tell(): void {
    this.#toldAt = this.#parts.clock()
    const entries = [...this.#entries.values()]
    const sessions = new Set(this.#tellers.values())
    for (const listener of this.#parts.listeners) {
      const { session, hearsItself } = listener
      const heard =
        hearsItself || !sessions.has(session)
          ? entries
          : entries.filter(({ client }) => this.#tellers.get(client) !== session)
      if (heard.length > 0) listener.onPresence(heard)
    }
    this.#entries.clear()
    this.#tellers.clear()
  }
}
