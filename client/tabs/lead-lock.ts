/**
 * The lock of whoever leads. A tab stands in line for it, as long as it is open, and takes it from one that does not
 * answer: its page may be frozen, or hang.
 */
import type { HoldOptions, TabLocks } from './tab-port.ts'

export interface LeadLockParts {
  readonly locks: TabLocks
  readonly name: string
  /** The tab is being closed. */
  readonly leaving: AbortSignal
  /** The lock is this tab's. It may not throw. @param release is called in the end. */
  readonly onHeld: (release: () => void) => Promise<void>
  /** Another tab has waited in vain for this one's answers, and leads. */
  readonly onLost: () => void
}

export class LeadLock {
  readonly #parts: LeadLockParts
  #isInLine = false
  #isTaking = false

  constructor(parts: LeadLockParts) {
    this.#parts = parts
  }

  standInLine(): void {
    if (this.#isInLine) return
    this.#isInLine = true
    this.#hold({ signal: this.#parts.leaving }).then(
      (release) => {
        this.#isInLine = false
        return this.#parts.onHeld(release)
      },
      () => {},
    )
  }

  take(): void {
    if (this.#isTaking || this.#parts.leaving.aborted) return
    this.#isTaking = true
    void this.#hold({ steals: true })
      .then((release) => this.#parts.onHeld(release))
      .finally(() => {
        this.#isTaking = false
      })
  }

  #hold(options: HoldOptions): Promise<() => void> {
    const { locks, name, onLost } = this.#parts
    return locks.hold(name, { ...options, lost: onLost })
  }
}
