/** A client store that forgets everything when the app is closed. */
import type { ClientStore, OpenStore, StoredValue, StoreWrite } from './client-store.ts'
import { EntryTable } from './entry-table.ts'

/** @param table what it starts with: two stores on one table are one app, closed and opened again. */
export const memoryStore =
  (table: EntryTable = new EntryTable()): OpenStore =>
  async () =>
    new MemoryStore(table)

class MemoryStore implements ClientStore {
  readonly #table: EntryTable

  constructor(table: EntryTable) {
    this.#table = table
  }

  async read(...[kind, key]: Parameters<ClientStore['read']>): Promise<StoredValue | undefined> {
    return structuredClone(this.#table.read(kind, key))
  }

  async list(...[kind, prefix]: Parameters<ClientStore['list']>): ReturnType<ClientStore['list']> {
    return structuredClone(this.#table.list(kind, prefix))
  }

  async write(writes: readonly StoreWrite[]): Promise<void> {
    this.#table.apply(structuredClone(writes))
  }

  async close(): Promise<void> {}
}
