/**
 * A client store in the browser's IndexedDB. One tab holds it: two that send the same queue could send a change in two
 * versions. The next tab is told that it is `blocked`. Browsers keep such locks for pages that came over https or from
 * this machine; elsewhere nothing keeps a second tab away.
 */
import type { DBSchema, IDBPDatabase } from 'idb'
import { openDB } from 'idb'
import type { ClientStore, EntryKind, OpenStore, StoredValue, StoreWrite } from './client-store.ts'
import { StoreProblem } from './client-store.ts'

interface Layout extends DBSchema {
  entries: { key: [EntryKind, string]; value: StoredValue }
}

/** @param name of the database: one for each app and server. */
export const indexedDbStore =
  (name = 'sluice'): OpenStore =>
  async () => {
    const release = await lockDatabase(name)
    const store = new IndexedDbStore(name, release)
    try {
      await store.open()
    } catch (error) {
      release()
      throw error
    }
    return store
  }

class IndexedDbStore implements ClientStore {
  readonly #name: string
  readonly #release: () => void
  #database: Promise<IDBPDatabase<Layout>> | null = null

  constructor(name: string, release: () => void) {
    this.#name = name
    this.#release = release
  }

  /** Some browsers open a database in private mode and refuse what is written: so something is written here. */
  async open(): Promise<void> {
    await this.write([{ type: 'delete', kind: 'client', key: '' }])
  }

  read(kind: EntryKind, key: string): Promise<StoredValue | undefined> {
    return this.#with((database) => database.get('entries', [kind, key]))
  }

  list(...[kind, prefix = '']: Parameters<ClientStore['list']>): ReturnType<ClientStore['list']> {
    return this.#with(async (database) => {
      const range = IDBKeyRange.bound([kind, prefix], [kind, `${prefix}\uffff`])
      const transaction = database.transaction('entries')
      const [keys, values] = await Promise.all([
        transaction.store.getAllKeys(range),
        transaction.store.getAll(range),
      ])
      return keys.map(([, key], at) => ({ key, value: values[at] ?? null }))
    })
  }

  write(asked: readonly StoreWrite[]): Promise<void> {
    const writes = structuredClone(asked)
    return this.#with(async (database) => {
      const transaction = database.transaction('entries', 'readwrite', { durability: 'strict' })
      // A refused request aborts the transaction, and `done` says so; nobody else need listen to it.
      const requests = writes.map((write) =>
        write.type === 'put'
          ? transaction.store.put(write.value, [write.kind, write.key])
          : transaction.store.delete([write.kind, write.key]),
      )
      await Promise.all([...requests, transaction.done])
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

  async #with<Result>(use: (database: IDBPDatabase<Layout>) => Promise<Result>): Promise<Result> {
    try {
      this.#database ??= this.#connect()
      return await use(await this.#database)
    } catch (error) {
      if (!isRefusal(error)) await this.#disconnect()
      throw problemOf(error)
    }
  }

  /** Called anew after the browser has cut the connection off, as it does when a person clears the site's data. */
  async #connect(): Promise<IDBPDatabase<Layout>> {
    if (typeof indexedDB === 'undefined') throw new StoreProblem('blocked', 'there is no IndexedDB here')
    return openDB<Layout>(this.#name, 1, {
      upgrade: (database) => void database.createObjectStore('entries'),
      blocking: () => void this.#disconnect(),
      terminated: () => {
        this.#database = null
      },
    })
  }
}

/** @returns what lets go of it. @throws StoreProblem if another tab has it. */
function lockDatabase(name: string): Promise<() => void> {
  const locks = globalThis.navigator?.locks
  if (locks === undefined) return Promise.resolve(() => {})
  return new Promise((resolve, reject) => {
    const isRefused = (error: unknown): void => reject(problemOf(error))
    locks
      .request(`sluice store ${name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) return isRefused(new StoreProblem('blocked', 'another tab has the store open'))
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
