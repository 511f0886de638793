/**
 * A store that never refuses: what its medium does not take is kept in memory and offered again with the next write.
 * It says which of the two is the case, so that an app can tell its user that closing it would lose edits.
 */
import type {
  ClientStore,
  EntryKind,
  OpenStore,
  StoredEntry,
  StoredValue,
  StoreProblemKind,
  StoreWrite,
} from './client-store.ts'
import { StoreProblem } from './client-store.ts'
import { byKey } from './entry-table.ts'
import { memoryStore } from './memory-store.ts'

export type StorageStatus =
  /** What is written outlives the app. */
  | { readonly type: 'durable' }
  /** Nobody has asked for more than memory. */
  | { readonly type: 'memory' }
  /** Some or all of it is in memory only: closing the app loses it, unless the server has it. */
  | { readonly type: 'degraded'; readonly reason: StoreProblemKind; readonly message: string }

export class SteadyStore implements ClientStore {
  readonly #medium: ClientStore
  readonly #tell: (status: StorageStatus) => void
  /** What the medium has not taken, by kind and key. */
  #left = new Map<string, StoreWrite>()
  #status: StorageStatus
  /** Whether the medium could not even be opened. */
  readonly #isStandIn: boolean
  #line: Promise<void> = Promise.resolve()

  private constructor(
    medium: ClientStore,
    status: StorageStatus,
    isStandIn: boolean,
    tell: (status: StorageStatus) => void,
  ) {
    this.#medium = medium
    this.#status = status
    this.#isStandIn = isStandIn
    this.#tell = tell
  }

  /** @param open null: memory is what is wanted. @param tell is called at every change of the status. */
  static async open(open: OpenStore | null, tell: (status: StorageStatus) => void): Promise<SteadyStore> {
    if (open === null) return new SteadyStore(await memoryStore()(), { type: 'memory' }, true, tell)
    try {
      return new SteadyStore(await open(), { type: 'durable' }, false, tell)
    } catch (error) {
      const status = degraded(error)
      tell(status)
      return new SteadyStore(await memoryStore()(), status, true, tell)
    }
  }

  get status(): StorageStatus {
    return this.#status
  }

  async read(kind: EntryKind, key: string): Promise<StoredValue | undefined> {
    const left = this.#left.get(nameOf(kind, key))
    if (left !== undefined) return left.type === 'put' ? structuredClone(left.value) : undefined
    return this.#medium.read(kind, key)
  }

  async list(kind: EntryKind, prefix = ''): Promise<readonly StoredEntry[]> {
    const entries = new Map((await this.#medium.list(kind, prefix)).map((entry) => [entry.key, entry.value]))
    for (const write of this.#left.values()) {
      if (write.kind !== kind || !write.key.startsWith(prefix)) continue
      if (write.type === 'put') entries.set(write.key, structuredClone(write.value))
      else entries.delete(write.key)
    }
    return [...entries].map(([key, value]) => ({ key, value })).sort(byKey)
  }

  /** Resolves when the writes are as safe as they can be; `status` tells how safe that is. */
  write(writes: readonly StoreWrite[]): Promise<void> {
    const own = structuredClone(writes)
    this.#line = this.#line.then(() => this.#write(own))
    return this.#line
  }

  async close(): Promise<void> {
    await this.#line
    if (this.#left.size > 0) await this.#write([])
    await this.#medium.close()
  }

  async #write(writes: readonly StoreWrite[]): Promise<void> {
    const all = [...this.#left.values(), ...writes]
    try {
      await this.#medium.write(all)
      this.#left = new Map()
      if (!this.#isStandIn) this.#become({ type: 'durable' })
    } catch (error) {
      for (const write of all) {
        const name = nameOf(write.kind, write.key)
        this.#left.delete(name)
        this.#left.set(name, write)
      }
      this.#become(degraded(error))
    }
  }

  #become(status: StorageStatus): void {
    const before = this.#status
    this.#status = status
    if (JSON.stringify(before) !== JSON.stringify(status)) this.#tell(status)
  }
}

const nameOf = (kind: EntryKind, key: string): string => `${kind} ${key}`

function degraded(error: unknown): StorageStatus {
  const reason = error instanceof StoreProblem ? error.kind : 'failed'
  return { type: 'degraded', reason, message: error instanceof Error ? error.message : String(error) }
}
