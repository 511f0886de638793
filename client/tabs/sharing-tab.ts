/**
 * One tab of an app whose tabs share a store. The tab that holds the store's lock leads (`leading-tab.ts`), and all of
 * them, itself among them, work with a client that speaks to it as to the server. When it is closed the browser gives the
 * lock to another one; from one that does not answer, such as a page that its browser has frozen, it is taken. What a tab
 * had asked for and was not told to be done it asks of the next leader again.
 */
import { encodeCollection } from '../../shared/schema/collection-definition.ts'
import type { Collections } from '../../shared/schema/config.ts'
import type { ClientParts } from '../client-parts.ts'
import type { SyncConnection } from '../connection/sync-connection.ts'
import type { SluiceClient } from '../sluice-client.ts'
import type { OpenStore } from '../store/client-store.ts'
import { StoreProblem } from '../store/client-store.ts'
import type { StorageStatus } from '../store/steady-store.ts'
import { SteadyStore } from '../store/steady-store.ts'
import type { EarlyLead } from './early-lead.ts'
import { LeadLock } from './lead-lock.ts'
import { LeadingTab } from './leading-tab.ts'
import { TabClient } from './tab-client.ts'
import type { Envelope, ToLeader, ToTab } from './tab-messages.ts'
import { EVERYBODY, TABS_VERSION } from './tab-messages.ts'
import type { TabBus, TabLocks } from './tab-port.ts'

export interface SharingParts extends Omit<ClientParts, 'connection' | 'store' | 'tabs'> {
  readonly store: OpenStore
  /** The store's lock: whose it is leads. */
  readonly lock: string
  readonly locks: TabLocks
  /** What came of asking for the store's lock before. */
  readonly early?: Promise<EarlyLead | null>
  readonly bus: TabBus
  /** Whether it is to connect while the store is opened, and not only when it is told to. */
  readonly isWanting: boolean
  /** For when this tab leads. */
  readonly newConnection: () => SyncConnection
  readonly onStorage: (status: StorageStatus) => void
}

const OTHER_VERSION = 'another tab runs another version of the app'

/** How long a tab waits for an answer of the leader, and how often it asks for one. */
const PATIENCE_MS = 5_000
const ASK_MS = 10_000

export class SharingTab {
  readonly #parts: SharingParts
  readonly #id: string
  readonly #schema: string
  /** Opened while the tab finds out who leads, and connects if it is itself. */
  readonly #own: Promise<SteadyStore>
  readonly #client: TabClient
  readonly #lock: LeadLock
  readonly #leaving = new AbortController()
  readonly #ends: (() => void)[] = []
  /** Who leads sees by it when this tab is gone. */
  readonly #here: Promise<void>
  /** By which `release` the store's lock is this tab's; null if it is not. */
  #held: (() => void) | null = null
  #leading: LeadingTab | null = null
  /** The tab that leads, if it is another one. */
  #leader: string | null = null
  #isRefused = false
  #ready: { readonly resolve: () => void; readonly reject: (problem: unknown) => void } | null = null

  private constructor(parts: SharingParts, id: string) {
    this.#parts = parts
    this.#own = SteadyStore.open(parts.store, (status) => this.#storageIs(status))
    this.#id = id
    this.#schema = [...parts.schema.values()].map(encodeCollection).join('\n')
    this.#client = new TabClient({
      ...parts,
      own: this.#own,
      post: (message) => this.#post(message),
      isLeading: () => this.#leading !== null,
      awaits: () => parts.after(PATIENCE_MS, () => this.#takeLock()),
      talk: (topic, hear) => ({
        tell: (message) => parts.bus.post(topic, message),
        close: parts.bus.listen(topic, hear),
      }),
      close: () => this.#leave(),
    })
    this.#lock = new LeadLock({
      locks: parts.locks,
      name: parts.lock,
      leaving: this.#leaving.signal,
      onHeld: (release) => this.#lead(release),
      onLost: () => this.#deposed(),
    })
    this.#here = parts.locks.hold(lockOf(id)).then((release) => void this.#ends.push(release))
    // Whoever waits for it is told, if it is not to be had.
    this.#here.catch(() => {})
  }

  /** @throws StoreProblem if the store is another program's, or a tab's with another version of the app. */
  static async open<C extends Collections>(parts: SharingParts): Promise<SluiceClient<C>> {
    const tab = new SharingTab(parts, parts.randomId())
    if (parts.isWanting) tab.#client.connection.start()
    try {
      await tab.#join()
    } catch (error) {
      await tab.#leave()
      throw error
    }
    return (await tab.#client.open()) as unknown as SluiceClient<C>
  }

  /** Resolves when this tab leads, or has found the one that does. */
  async #join(): Promise<void> {
    const { bus, after } = this.#parts
    for (const address of [this.#id, EVERYBODY])
      this.#ends.push(bus.listen(address, (message) => this.#receive(message as Envelope)))
    const ready = new Promise<void>((resolve, reject) => {
      this.#ready = { resolve, reject }
    })
    const callOff = after(PATIENCE_MS, () => this.#takeLock())
    await Promise.all([ready, this.#enter()]).finally(callOff)
    this.#watch()
  }

  async #enter(): Promise<void> {
    const lead = (await this.#parts.early) ?? null
    if (lead === null) return this.#follow()
    void lead.lost.then(() => this.#deposed())
    await this.#lead(lead.release, lead.connection)
  }

  async #follow(): Promise<void> {
    await this.#here
    if (this.#leaving.signal.aborted) return
    this.#lock.standInLine()
    this.#findLeader()
  }

  #takeLock(): void {
    if (!this.#isRefused && this.#held === null) this.#lock.take()
  }

  #findLeader(): void {
    this.#send(EVERYBODY, { from: this.#id, type: 'who-leads' })
  }

  #storageIs(status: StorageStatus): void {
    this.#parts.onStorage(status)
    this.#leading?.tellStorage(status)
  }

  /** Now and then the leader is asked whether he is there. */
  #watch(): void {
    this.#parts.after(ASK_MS, async () => {
      if (this.#leaving.signal.aborted) return
      if (this.#leading === null) await this.#client.ask({ type: 'answer' })
      this.#watch()
    })
  }

  /** Another tab has waited in vain for this one's answers, and leads. */
  #deposed(): void {
    const leading = this.#leading
    this.#leading = null
    this.#leader = null
    this.#held = null
    void leading?.close()
    if (this.#leaving.signal.aborted) return
    this.#client.lost()
    void this.#follow()
  }

  /** The lock is this tab's. @param release is called in the end. */
  async #lead(release: () => void, connection = this.#parts.newConnection()): Promise<void> {
    this.#held = release
    this.#ends.push(release)
    const { schema, policies, now, after, randomId } = this.#parts
    if (this.#client.connection.isWanting) connection.start()
    try {
      const leading = await LeadingTab.open({
        ...{ schema, policies, now, after, randomId },
        connection,
        store: await this.#own,
      })
      // It may have lost the lock meanwhile.
      if (this.#held === release) this.#leadWith(leading)
      else void leading.close()
    } catch (error) {
      connection.stop()
      release()
      if (this.#held !== release) return
      this.#held = null
      this.#ready?.reject(error)
    }
  }

  #leadWith(leading: LeadingTab): void {
    if (this.#leaving.signal.aborted) return void leading.close()
    this.#leading = leading
    this.#leader = null
    this.#send(EVERYBODY, { from: this.#id, type: 'leads', version: TABS_VERSION })
    leading.join(this.#id, (message) => this.#hear(message), true)
  }

  #receive(envelope: Envelope): void {
    const { from } = envelope
    if (from === this.#id) return
    switch (envelope.type) {
      case 'who-leads':
        if (this.#leading !== null) this.#send(from, { from: this.#id, type: 'leads', version: TABS_VERSION })
        return
      case 'leads':
        if (this.#leading !== null || this.#leader === from) return
        this.#isRefused = false
        if (envelope.version !== TABS_VERSION) return this.#refused(OTHER_VERSION)
        this.#leader = from
        return this.#post({ type: 'join', schema: this.#schema })
      case 'up':
        return this.#serve(from, envelope.message)
      case 'down':
        if (from === this.#leader) this.#hear(envelope.message)
    }
  }

  /** As the leader, for another tab. */
  #serve(from: string, message: ToLeader): void {
    const leading = this.#leading
    if (leading === null) return
    const down = (message: ToTab): void => this.#send(from, { from: this.#id, type: 'down', message })
    if (message.type !== 'join') return leading.hear(from, message)
    if (message.schema !== this.#schema) return down({ type: 'refused', reason: OTHER_VERSION })
    leading.join(from, down, false)
    // A tab that is gone without a word holds its lock no more.
    this.#parts.locks.hold(lockOf(from), { signal: this.#leaving.signal }).then(
      (release) => {
        release()
        leading.leave(from)
      },
      () => {},
    )
  }

  #hear(message: ToTab): void {
    if (message.type === 'refused') return this.#refused(message.reason)
    this.#client.hear(message)
    if (message.type === 'joined') this.#ready?.resolve()
  }

  /** Who leads does not serve this tab. One that worked with another leader keeps what it has until it leads. */
  #refused(message: string): void {
    this.#isRefused = true
    this.#leader = null
    this.#ready?.reject(new StoreProblem('blocked', message))
    this.#client.blocked(message)
  }

  #post(message: ToLeader): void {
    if (this.#leading !== null) this.#leading.hear(this.#id, message)
    else if (this.#leader !== null) this.#send(this.#leader, { from: this.#id, type: 'up', message })
  }

  #send(to: string, envelope: Envelope): void {
    this.#parts.bus.post(to, envelope)
  }

  /** The next leader may start once what this one has is stored. */
  async #leave(): Promise<void> {
    this.#leaving.abort()
    if (this.#leading !== null) await this.#leading.close()
    else await (await this.#own).close()
    for (const end of this.#ends) end()
    this.#parts.bus.close()
  }
}

const lockOf = (tab: string): string => `sluice tab ${tab}`
