/** The live objects of a client that are in use, and who wants to know of which records. */
import type { LiveRecord } from '../live-record.ts'
import type { Live } from './live-list.ts'

export class LiveSet {
  readonly #lives = new Set<Live>()
  readonly #watchers = new Map<string, Set<() => void>>()

  /** @returns how to leave. */
  enter(live: Live): () => void {
    this.#lives.add(live)
    return () => this.#lives.delete(live)
  }

  /** The server may be asked now. */
  connect(): void {
    for (const live of [...this.#lives]) live.connect()
  }

  reset(): void {
    for (const live of [...this.#lives]) live.reset()
  }

  /** @returns how to end it. */
  watch(collection: string, watcher: () => void): () => void {
    const watchers = this.#watchers.get(collection) ?? new Set()
    this.#watchers.set(collection, watchers.add(watcher))
    return () => watchers.delete(watcher)
  }

  tell({ collection }: LiveRecord): void {
    for (const watcher of [...(this.#watchers.get(collection.name) ?? [])]) watcher()
  }
}
