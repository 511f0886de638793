/**
 * A client store in the browser's IndexedDB. Tabs that `connect` opens have it together (`client/tabs`), where the browser
 * keeps locks for them: for pages that came over https or from this machine. Elsewhere nothing keeps two that send the same
 * queue from sending a change in two versions.
 */
import type {
  ClientStore,
  EntryKind,
  OpenStore,
  StoredValue,
  StoreProblemKind,
  StoreWrite,
} from './client-store.ts'
import { StoreProblem } from './client-store.ts'

/** The one object store: values by kind and key. */
const ENTRIES = 'entries'

/** @param name of the database: one for each app and server. */
export function indexedDbStore(name = 'sluice'): OpenStore {
  const open = async (): Promise<ClientStore> => {
    const store = new IndexedDbStore(name)
    await store.open()
    return store
  }
  return Object.assign(open, { lock: `sluice store ${name}` })
}

class IndexedDbStore implements ClientStore {
  readonly #name: string
  #database: Promise<IDBDatabase> | null = null

  constructor(name: string) {
    this.#name = name
  }

  /** Where the browser does not let it, that is known now; where it refuses what is written, the first write says so. */
  open(): Promise<void> {
    return this.#with('readonly', async () => {})
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
    return this.#with('readwrite', (entries) => {
      for (const write of writes)
        if (write.type === 'put') entries.put(write.value, [write.kind, write.key])
        else entries.delete([write.kind, write.key])
      const { transaction } = entries
      return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve()
        // A refused request aborts it.
        transaction.onabort = () => reject(transaction.error)
      })
    })
  }

  /** Of the database, which what is asked next opens anew. */
  async close(): Promise<void> {
    const database = this.#database
    this.#database = null
    // Closing waits for the transactions under way.
    await database?.then(
      (open) => open.close(),
      () => {},
    )
  }

  async #with<Result>(
    mode: IDBTransactionMode,
    use: (entries: IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    try {
      this.#database ??= this.#connect()
      const transaction = (await this.#database).transaction(ENTRIES, mode, { durability: 'strict' })
      return await use(transaction.objectStore(ENTRIES))
    } catch (error) {
      const problem = problemOf(error)
      // What does not fit on the disk leaves the connection sound.
      if (problem.kind !== 'full') await this.close()
      throw problem
    }
  }

  /** Called anew after the browser has cut the connection off, as it does when a person clears the site's data. */
  async #connect(): Promise<IDBDatabase> {
    const opening = indexedDB.open(this.#name, 1)
    opening.onupgradeneeded = () => void opening.result.createObjectStore(ENTRIES)
    const database = await answerOf(opening)
    database.onversionchange = () => void this.close()
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

/** Of the errors that browsers give names. */
const kinds: Readonly<Record<string, StoreProblemKind>> = {
  QuotaExceededError: 'full',
  SecurityError: 'blocked',
  InvalidStateError: 'blocked',
}

function problemOf(error: unknown): StoreProblem {
  if (error instanceof StoreProblem) return error
  const [name, message] = error instanceof Error ? [error.name, error.message] : ['', String(error)]
  return new StoreProblem(kinds[name] ?? 'failed', message, error)
}
