/**
 * A tab's store. Texts and lists are its own to read and write, in the store that all tabs have; what belongs to the
 * queue is handed over to the tab that leads, and told by it.
 */
import { IDENTITY_KEY } from '../identity.ts'
import type { LostChange, QueuedChange } from '../record/queued-change.ts'
import type { ClientStore, EntryKind, StoredEntry, StoredValue, StoreWrite } from '../store/client-store.ts'
import type { StorageStatus } from '../store/steady-store.ts'
import type { Request, Shared } from './tab-messages.ts'

export interface TabStoreParts {
  readonly own: ClientStore
  readonly status: () => StorageStatus
  readonly shared: () => Omit<Shared, 'records'>
  /** Then it is told of all records. */
  readonly isLeading: () => boolean
  /** Resolves when the leading tab has done it, and stored it. */
  readonly ask: (request: Request) => Promise<void>
  readonly close: () => Promise<void>
}

export class TabStore implements ClientStore {
  readonly #parts: TabStoreParts
  #line: Promise<void> = Promise.resolve()

  constructor(parts: TabStoreParts) {
    this.#parts = parts
  }

  get status(): StorageStatus {
    return this.#parts.status()
  }

  async read(kind: EntryKind, key: string): Promise<StoredValue | undefined> {
    return kind === 'client' && key === IDENTITY_KEY
      ? (JSON.parse(JSON.stringify(this.#parts.shared().identity)) as StoredValue)
      : this.#parts.own.read(kind, key)
  }

  async list(kind: EntryKind, prefix?: string): Promise<readonly StoredEntry[]> {
    const isTold = kind === 'change' || kind === 'action' || (kind === 'record' && this.#parts.isLeading())
    return isTold ? [] : this.#parts.own.list(kind, prefix)
  }

  /** Resolves when this and all before it is stored. */
  write(writes: readonly StoreWrite[]): Promise<void> {
    const own = writes.filter(isOwn)
    const all = [
      this.#line,
      ...writes.flatMap(requestOf).map((request) => this.#parts.ask(request)),
      ...(own.length > 0 ? [this.#parts.own.write(own)] : []),
    ]
    this.#line = Promise.all(all).then(() => {})
    return this.#line
  }

  async close(): Promise<void> {
    await this.#line
    await this.#parts.close()
  }
}

const isOwn = ({ kind, key }: StoreWrite): boolean =>
  kind === 'text' || kind === 'update' || kind === 'list' || (kind === 'client' && key !== IDENTITY_KEY)

/** A change that was made, or a lost one that was looked at. What else becomes of the queue the leader does. */
function requestOf(write: StoreWrite): readonly Request[] {
  if (write.kind !== 'change') return []
  if (write.type === 'put') {
    const { phase, change } = write.value as unknown as QueuedChange | LostChange
    return phase === 'waiting' ? [{ type: 'take', change }] : []
  }
  const [, id, isLost] = write.key.split(' ')
  return id !== undefined && isLost !== undefined ? [{ type: 'dismiss', id }] : []
}
