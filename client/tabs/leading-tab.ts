/**
 * What the leading tab does for all tabs, itself among them: a client of its own, without handles, that has the store's
 * queue and the connection. Who leads next opens it anew from the store, like an app that is opened again.
 */
import type { Collections } from '../../shared/schema/config.ts'
import type { Change } from '../../shared/sync/messages.ts'
import type { ClientParts } from '../client-parts.ts'
import type { ConnectionStatus, SyncConnection } from '../connection/sync-connection.ts'
import type { Decision } from '../decisions.ts'
import { Decisions } from '../decisions.ts'
import type { LiveRecord } from '../live-record.ts'
import type { LostChange, QueuedChange } from '../record/queued-change.ts'
import { SluiceClient } from '../sluice-client.ts'
import type { StorageStatus } from '../store/steady-store.ts'
import { ServedTab } from './served-tab.ts'
import type { Request, Shared, ToLeader, ToTab } from './tab-messages.ts'

export class LeadingTab {
  readonly #client: SluiceClient<Collections>
  readonly #connection: SyncConnection
  readonly #decisions: Decisions
  readonly #tabs = new Map<string, ServedTab>()
  /** Records that have changed since this tab leads. */
  readonly #touched: ReadonlySet<LiveRecord>
  #toldDecisions: readonly Decision[]

  private constructor(
    client: SluiceClient<Collections>,
    decisions: Decisions,
    { connection, touched }: { connection: SyncConnection; touched: ReadonlySet<LiveRecord> },
  ) {
    this.#client = client
    this.#connection = connection
    this.#decisions = decisions
    this.#touched = touched
    this.#toldDecisions = decisions.waiting
    client.subscribe(() => this.#tellDecisions())
    connection.onStatus(() => this.#tellStatus())
  }

  static async open(parts: ClientParts): Promise<LeadingTab> {
    const touched = new Set<LiveRecord>()
    let leading: LeadingTab | null = null
    let decisions: Decisions | null = null
    const client = await SluiceClient.open<Collections>({
      ...parts,
      tabs: {
        decisions: (stored, deciding) => {
          decisions = new Decisions(stored, deciding)
          return decisions
        },
        onRecord: (record) => {
          touched.add(record)
          leading?.tellRecord(record)
        },
      },
    })
    if (decisions === null) throw new RangeError('a client without decisions')
    leading = new LeadingTab(client, decisions, { connection: parts.connection, touched })
    return leading
  }

  /** @param isLeading it is told of all records; another one reads for itself what has not changed since. */
  join(id: string, send: (message: ToTab) => void, isLeading: boolean): void {
    this.leave(id)
    const tab = new ServedTab(this.#client, this.#connection, { send, isLeading })
    this.#tabs.set(id, tab)
    const isTold = (record: LiveRecord): boolean => {
      const { queue, lost } = record.state
      return isLeading || queue.length > 0 || lost.length > 0 || this.#touched.has(record)
    }
    tab.join([...this.#client.records].filter(isTold), this.#shared())
  }

  /** The tab is gone, with all that was open for it. */
  leave(id: string): void {
    const tab = this.#tabs.get(id)
    if (tab === undefined) return
    this.#tabs.delete(id)
    tab.close()
    this.#stopUnlessWanted()
  }

  hear(id: string, message: ToLeader): void {
    const tab = this.#tabs.get(id)
    if (tab === undefined) return
    switch (message.type) {
      case 'want':
        return this.#want(tab, message.isWanting)
      case 'up':
        return tab.hear(message.message)
      case 'decide':
        void this.#decisions
          .add(message.decision)
          .then((outcome) => tab.post({ type: 'decided', id: message.decision.id, outcome }))
        return
      case 'request':
        void this.#carryOut(message.request).then(() => tab.post({ type: 'done', number: message.number }))
        return
      case 'join':
    }
  }

  /** Stops, when what was changed is as safe as the store can make it. */
  async close(): Promise<void> {
    for (const tab of this.#tabs.values()) tab.close()
    this.#tabs.clear()
    await this.#client.close()
  }

  tellRecord(record: LiveRecord): void {
    for (const tab of [...this.#tabs.values()]) tab.tellRecord(record)
  }

  tellStorage(storage: StorageStatus): void {
    for (const tab of [...this.#tabs.values()]) tab.post({ type: 'storage', storage })
  }

  #shared(): Omit<Shared, 'records'> {
    const { identity, storage } = this.#client
    return { identity, storage, decisions: this.#decisions.waiting }
  }

  async #carryOut(request: Request): Promise<void> {
    switch (request.type) {
      case 'take':
        return this.#take(request.change)
      case 'dismiss': {
        const has = ({ state }: LiveRecord): boolean =>
          state.lost.some(({ change }) => change.id === request.id)
        const record = [...this.#client.records].find(has)
        record?.dismiss(request.id)
        return record?.saved
      }
      case 'answer':
        return
      case 'forget':
        await this.#client.forget()
        for (const tab of [...this.#tabs.values()])
          tab.post({ type: 'forgotten', shared: { ...this.#shared(), records: [] } })
    }
  }

  /** It is queued as it is: what its author saw is what was shown in his tab. One that is known already stays one. */
  #take({ seen, after, ...change }: Change): Promise<void> {
    const record = this.#client.live(change.collection, change.recordId)
    if (record === null) return Promise.resolve()
    const { queue, lost } = record.state
    const isIt = (one: QueuedChange | LostChange): boolean => one.change.id === change.id
    const queued = queue.find(isIt)
    if (queued === undefined && !lost.some(isIt)) record.take(change, { seen, after })
    // Its author has gone on, in this tab: the two are one.
    if (queued?.phase === 'waiting') {
      const grown = { ...queued, change: { ...change, seen, after } }
      record.become({ ...record.state, queue: queue.map((one) => (one === queued ? grown : one)) })
    }
    return record.saved
  }

  #want(tab: ServedTab, isWanting: boolean): void {
    tab.isWanting = isWanting
    if (isWanting) this.#connection.start()
    tab.tellStatus(isWanting ? this.#connection.status : STOPPED)
    this.#stopUnlessWanted()
  }

  #stopUnlessWanted(): void {
    if (![...this.#tabs.values()].some(({ isWanting }) => isWanting)) this.#connection.stop()
  }

  #tellStatus(): void {
    for (const tab of [...this.#tabs.values()]) if (tab.isWanting) tab.tellStatus(this.#connection.status)
  }

  #tellDecisions(): void {
    const decisions = this.#decisions.waiting
    if (decisions === this.#toldDecisions) return
    this.#toldDecisions = decisions
    for (const tab of [...this.#tabs.values()]) tab.post({ type: 'decisions', decisions })
  }
}

/** For a tab that has said that it wants no connection, while others may have one. */
const STOPPED: ConnectionStatus = { name: 'stopped', code: null, reason: 'stopped' }
