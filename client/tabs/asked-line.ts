/** What a tab has asked the leading tab to do: asked again of the next one, until one says that it is done. */

import type { Change } from '../../shared/sync/messages.ts'
import { recordName } from '../record/saved-record.ts'
import type { Request, ToLeader } from './tab-messages.ts'

interface Asked {
  readonly request: Request
  readonly done: () => void
}

export interface AskedParts {
  readonly post: (message: ToLeader) => void
  /** Called when something is asked. @returns what to call when it is answered. */
  readonly awaits: () => () => void
}

export class AskedLine {
  readonly #parts: AskedParts
  readonly #asked = new Map<number, Asked>()
  #last = 0

  constructor(parts: AskedParts) {
    this.#parts = parts
  }

  ask(request: Request): Promise<void> {
    const number = ++this.#last
    return new Promise((resolve) => {
      const answered = this.#parts.awaits()
      const done = (): void => {
        answered()
        resolve()
      }
      this.#asked.set(number, { request, done })
      this.#parts.post({ type: 'request', number, request })
    })
  }

  done(number: number): void {
    this.#asked.get(number)?.done()
    this.#asked.delete(number)
  }

  /** There is a leader, or another one. */
  askAgain(): void {
    for (const [number, { request }] of this.#asked) this.#parts.post({ type: 'request', number, request })
  }

  /** Changes of a record that were not said to be stored, in the order in which they were made. */
  changesOf(name: string): readonly Change[] {
    return [...this.#asked.values()].flatMap(({ request }) =>
      request.type === 'take' && nameOf(request.change) === name ? [request.change] : [],
    )
  }
}

export const nameOf = ({ collection, recordId }: Change): string => recordName(collection, recordId)
