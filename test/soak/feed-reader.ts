// Follows the change log all the while, coming back every now and then with the last position that it has: positions must
// go up, and nothing that was told before may come again.
import { EventReader } from '../support/event-stream.ts'

const EVENTS_PER_CONNECTION = 2_000

export class FeedReader {
  readonly #url: string
  #last: number | null = null
  #told = 0
  #isOver = false

  constructor(url: string) {
    this.#url = url
  }

  /** Events so far. */
  get told(): number {
    return this.#told
  }

  /** Resolves when it was asked to stop. @throws Error if a position does not follow the one before. */
  async follow(): Promise<void> {
    while (!this.#isOver) {
      const reader = await this.#connect()
      for (let count = 0; count < EVENTS_PER_CONNECTION && !this.#isOver; count++) {
        const event = await reader.next()
        if (event === null) break
        if (event.event === null) continue
        if (this.#last !== null && event.id <= this.#last)
          throw new Error(`the change log told ${event.id} after ${this.#last}`)
        this.#last = event.id
        this.#told += 1
      }
      await reader.close()
    }
  }

  stop(): void {
    this.#isOver = true
  }

  async #connect(): Promise<EventReader> {
    const response = await fetch(`${this.#url}/v1/changes`, {
      headers: {
        accept: 'text/event-stream',
        ...(this.#last === null ? {} : { 'last-event-id': String(this.#last) }),
      },
    })
    if (response.status !== 200) throw new Error(`the change log was answered ${response.status}`)
    return new EventReader(response)
  }
}
