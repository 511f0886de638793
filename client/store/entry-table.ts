/** Entries in memory: the memory driver's content, what the file driver holds, and what a full medium leaves over. */
import type { EntryKind, StoredEntry, StoredValue, StoreWrite } from './client-store.ts'
import { ENTRY_KINDS } from './client-store.ts'

export class EntryTable {
  readonly #kinds = new Map<EntryKind, Map<string, StoredValue>>()

  apply(writes: readonly StoreWrite[]): void {
    for (const write of writes) {
      const entries = this.#of(write.kind)
      if (write.type === 'put') entries.set(write.key, write.value)
      else entries.delete(write.key)
    }
  }

  read(kind: EntryKind, key: string): StoredValue | undefined {
    return this.#of(kind).get(key)
  }

  list(kind: EntryKind, prefix = ''): readonly StoredEntry[] {
    return [...this.#of(kind)]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => ({ key, value }))
      .sort(byKey)
  }

  /** Everything, as the writes that make it anew. */
  writes(): readonly StoreWrite[] {
    return ENTRY_KINDS.flatMap((kind) =>
      this.list(kind).map(({ key, value }): StoreWrite => ({ type: 'put', kind, key, value })),
    )
  }

  get size(): number {
    return ENTRY_KINDS.reduce((sum, kind) => sum + this.#of(kind).size, 0)
  }

  #of(kind: EntryKind): Map<string, StoredValue> {
    const entries = this.#kinds.get(kind) ?? new Map<string, StoredValue>()
    this.#kinds.set(kind, entries)
    return entries
  }
}

export const byKey = (a: StoredEntry, b: StoredEntry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
