// A browser's tabs without a browser: locks that end with their tab, and a bus that delivers in order, late, and nothing
// of a tab that is gone. One store for all, which takes its time.
import type { ClientStore, OpenStore } from '../../client/store/client-store.ts'
import { EntryTable } from '../../client/store/entry-table.ts'
import { memoryStore } from '../../client/store/memory-store.ts'
import type { TabBus, TabLocks } from '../../client/tabs/tab-port.ts'
import { SeededRandom } from './seeded-random.ts'

interface Waiting {
  readonly tab: BrowserTab
  readonly grant: () => void
  readonly lose: () => void
}

export class TabBrowser {
  readonly entries = new EntryTable()
  readonly random: SeededRandom
  readonly listeners = new Map<string, Set<{ readonly tab: BrowserTab; hear(message: unknown): void }>>()
  readonly #locks = new Map<string, Waiting[]>()

  constructor(seed = 1) {
    this.random = new SeededRandom(seed)
  }

  newTab(): BrowserTab {
    return new BrowserTab(this)
  }

  /** The first in the line holds the lock. */
  request(name: string, waiting: Waiting, steals: boolean): () => void {
    const line = this.#locks.get(name) ?? []
    this.#locks.set(name, line)
    if (steals) line.splice(0, 1, waiting)[0]?.lose()
    else line.push(waiting)
    if (line[0] === waiting) waiting.grant()
    return () => this.#remove(name, (one) => one === waiting)
  }

  isHeld(name: string): boolean {
    return (this.#locks.get(name) ?? []).length > 0
  }

  endOf(tab: BrowserTab): void {
    for (const listeners of this.listeners.values())
      for (const one of listeners) if (one.tab === tab) listeners.delete(one)
    for (const name of this.#locks.keys()) this.#remove(name, (one) => one.tab === tab)
  }

  /** A few turns of the event loop. */
  async while(): Promise<void> {
    for (let turns = this.random.int(0, 3); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve))
  }

  #remove(name: string, isIt: (waiting: Waiting) => boolean): void {
    const line = this.#locks.get(name) ?? []
    const rest = line.filter((one) => !isIt(one))
    this.#locks.set(name, rest)
    if (rest[0] !== undefined && rest[0] !== line[0]) rest[0].grant()
  }
}

export class BrowserTab {
  readonly #browser: TabBrowser
  readonly #sent = new Map<string, Promise<void>>()
  isGone = false
  /** As browsers do to pages in the background: nothing runs in it. What has come meanwhile comes when it wakes. */
  #frozen: (() => void)[] | null = null

  constructor(browser: TabBrowser) {
    this.#browser = browser
  }

  /** Closed by its user, or crashed: nobody asks it. */
  kill(): void {
    this.isGone = true
    this.#browser.endOf(this)
  }

  freeze(): void {
    this.#frozen = []
  }

  wake(): void {
    const missed = this.#frozen ?? []
    this.#frozen = null
    for (const run of missed) run()
  }

  whenAwake(run: () => void): void {
    if (this.#frozen === null) run()
    else this.#frozen.push(run)
  }

  get locks(): TabLocks {
    return {
      hold: (name, { signal, ifFree = false, steals = false, lost = () => {} } = {}) =>
        new Promise((resolve, reject) => {
          if (this.isGone) return
          if (ifFree && this.#browser.isHeld(name)) return reject(new Error('another tab holds it'))
          let isGranted = false
          const grant = (): void => {
            isGranted = true
            queueMicrotask(() => resolve(release))
          }
          const lose = (): void => this.whenAwake(lost)
          const release = this.#browser.request(name, { tab: this, grant, lose }, steals)
          // As in a browser, who has it is not asked any more.
          signal?.addEventListener('abort', () => {
            if (isGranted) return
            release()
            reject(new Error('called off'))
          })
        }),
    }
  }

  get bus(): TabBus {
    const { listeners } = this.#browser
    return {
      post: (address, message) => {
        const copy = structuredClone(message)
        const before = this.#sent.get(address) ?? Promise.resolve()
        const deliver = (): void => {
          if (this.isGone) return
          for (const { tab, hear } of [...(listeners.get(address) ?? [])])
            if (tab !== this) tab.whenAwake(() => hear(structuredClone(copy)))
        }
        this.#sent.set(address, before.then(() => this.#browser.while()).then(deliver))
      },
      close: () => {},
      listen: (address, hear) => {
        const all = listeners.get(address) ?? new Set()
        const own = { tab: this, hear }
        listeners.set(address, all.add(own))
        return () => all.delete(own)
      },
    }
  }

  get store(): OpenStore {
    return () => this.#openStore()
  }

  async #openStore(): Promise<ClientStore> {
    const store = await memoryStore(this.#browser.entries)()
    const never = new Promise<void>(() => {})
    return {
      read: (kind, key) => store.read(kind, key),
      list: (kind, prefix) => store.list(kind, prefix),
      write: async (writes) => {
        await this.#browser.while()
        return this.isGone ? never : store.write(writes)
      },
      close: () => store.close(),
    }
  }
}
