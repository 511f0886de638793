/**
 * A client store in the browser's IndexedDB. `connect` lets tabs have it together (`client/tabs`); whoever opens it by
 * himself has it alone: two that send the same queue could send a change in two versions. The next one is told that it
 * is `blocked`. Browsers keep such locks for pages that came over https or from this machine; elsewhere nothing keeps a
 * second tab away.
 */
import type { ClientStore, EntryKind, OpenStore, StoredValue, StoreWrite } from './client-store.ts'
import { StoreProblem } from './client-store.ts'

/** The one object store: values by kind and key. */
const ENTRIES = 'entries'

/** @param name of the database: one for each app and server. */
export function indexedDbStore(name = 'sluice'): OpenStore {
  const lock = `sluice store ${name}`
  const open = async (release: () => void): Promise<ClientStore> => {
    const store = new IndexedDbStore(name, release)
    try {
      await store.open()
    } catch (error) {
      release()
      throw error
    }
    return store
  }
  return Object.assign(async () => open(await holdAlone(lock)), {
    shared: { lock, open: () => open(() => {}) },
  })
}

class IndexedDbStore implements ClientStore {
  readonly #name: string
  readonly #release: () => void
  #database: Promise<IDBDatabase> | null = null

  constructor(name: string, release: () => void) {
    this.#name = name
    this.#release = release
  }

  /** Some browsers open a database in private mode and refuse what is written: so something is written here. */
  async open(): Promise<void> {
    await this.write([{ type: 'delete', kind: 'client', key: '' }])
  }

  read(kind: EntryKind, key: string): Promise<StoredValue | undefined> {
    return this.#with('readonly', (entries) => answerOf<StoredValue | undefined>(entries.get([kind, key])))
  }

  list(...[kind, prefix = '']: Parameters<ClientStore['list']>): ReturnType<ClientStore['list']> {
    return this.#with('readonly', async (entries) => {
      const range = IDBKeyRange.bound([kind, prefix], [kind, `${prefix}\uffff`])
      const [keys, values] = await Promise.all([
        answerOf(entries.getAllKeys(range)),
        answerOf<StoredValue[]>(entries.getAll(range)),
      ])
      return keys.map((key, at) => ({ key: (key as [EntryKind, string])[1], value: values[at] ?? null }))
    })
  }

  write(asked: readonly StoreWrite[]): Promise<void> {
    const writes = structuredClone(asked)
    // A refused request aborts the transaction, which says so.
    return this.#with('readwrite', async (entries) => {
      for (const write of writes)
        if (write.type === 'put') entries.put(write.value, [write.kind, write.key])
        else entries.delete([write.kind, write.key])
    })
  }

  async close(): Promise<void> {
    await this.#disconnect()
    this.#release()
  }

  async #disconnect(): Promise<void> {
    const database = this.#database
    this.#database = null
    // Closing waits for the transactions under way.
    await database?.then(
      (open) => open.close(),
      () => {},
    )
  }

  /** Resolves when the transaction is complete. */
  async #with<Result>(
    mode: IDBTransactionMode,
    use: (entries: IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    try {
      this.#database ??= this.#connect()
      const transaction = (await this.#database).transaction(ENTRIES, mode, { durability: 'strict' })
      const done = doneOf(transaction)
      const [result] = await Promise.all([use(transaction.objectStore(ENTRIES)), done])
      return result
    } catch (error) {
      if (!isRefusal(error)) await this.#disconnect()
      throw problemOf(error)
    }
  }

  /** Called anew after the browser has cut the connection off, as it does when a person clears the site's data. */
  async #connect(): Promise<IDBDatabase> {
    if (typeof indexedDB === 'undefined') throw new StoreProblem('blocked', 'there is no IndexedDB here')
    const opening = indexedDB.open(this.#name, 1)
    opening.onupgradeneeded = () => void opening.result.createObjectStore(ENTRIES)
    const database = await answerOf(opening)
    database.onversionchange = () => void this.#disconnect()
    database.onclose = () => {
      this.#database = null
    }
    return database
  }
}

const answerOf = <Answer>(request: IDBRequest<Answer>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

const doneOf = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })

/** @returns what lets go of it. @throws StoreProblem if another tab has it. */
function holdAlone(lock: string): Promise<() => void> {
  const locks = globalThis.navigator?.locks
  if (locks === undefined) return Promise.resolve(() => {})
  return new Promise((resolve, reject) => {
    const isRefused = (error: unknown): void => reject(problemOf(error))
    locks
      .request(lock, { ifAvailable: true }, (held) => {
        if (held === null) return isRefused(new StoreProblem('blocked', 'another tab has the store open'))
        return new Promise<void>((release) => resolve(release))
      })
      .catch(isRefused)
  })
}

/** The connection is sound; what was asked of it could not be done. */
const isRefusal = (error: unknown): boolean => nameOf(error) === 'QuotaExceededError'

function problemOf(error: unknown): StoreProblem {
  if (error instanceof StoreProblem) return error
  const message = error instanceof Error ? error.message : String(error)
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return new StoreProblem('full', message, error)
    case 'SecurityError':
    case 'InvalidStateError':
    case 'NotAllowedError':
      return new StoreProblem('blocked', message, error)
    default:
      return new StoreProblem('failed', message, error)
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
