/**
 * What a tab's app works with: a client that speaks to the leading tab as to the server, and is told by it what all tabs
 * have changed.
 */
import type { Collections } from '../../shared/schema/config.ts'
import type { ClientParts, OpenTalk } from '../client-parts.ts'
import type { RecordState } from '../record/record-state.ts'
import { SluiceClient } from '../sluice-client.ts'
import type { SteadyStore, StorageStatus } from '../store/steady-store.ts'
import { AskedLine } from './asked-line.ts'
import { TabConnection } from './tab-connection.ts'
import { TabDecisions } from './tab-decisions.ts'
import type { Request, Shared, ToLeader, ToTab } from './tab-messages.ts'
import { TabStore } from './tab-store.ts'
import { atRest, ownConflicts, withOwn } from './told-state.ts'

export interface TabClientParts extends Omit<ClientParts, 'connection' | 'store' | 'tabs'> {
  readonly own: Promise<SteadyStore>
  /** Reaches the tab that leads, if there is one. */
  readonly post: (message: ToLeader) => void
  readonly isLeading: () => boolean
  /** Called when something is asked. @returns what to call when it is answered. */
  readonly awaits: () => () => void
  readonly talk: OpenTalk
  readonly onStorage: (status: StorageStatus) => void
  readonly close: () => Promise<void>
}

export class TabClient {
  readonly connection: TabConnection
  readonly #parts: TabClientParts
  readonly #asked: AskedLine
  /** Ids of the changes that were made in this tab. */
  readonly #made = new Set<string>()
  /** Told before there was a client to tell. */
  #early: Exclude<ToTab, { type: 'refused' }>[] = []
  #client: SluiceClient<Collections> | null = null
  #decisions: TabDecisions | null = null
  #shared: Omit<Shared, 'records'> | null = null

  constructor(parts: TabClientParts) {
    this.#parts = parts
    this.connection = new TabConnection(parts.post)
    this.#asked = new AskedLine(parts)
  }

  /** Once the leading tab has told what there is. */
  async open(): Promise<SluiceClient<Collections>> {
    const { own, schema, policies, now, after, randomId, post, talk } = this.#parts
    const client = await SluiceClient.open<Collections>({
      ...{ schema, policies, now, after, randomId },
      connection: this.connection,
      store: this.#store(await own),
      tabs: {
        decisions: (_, { onChange }) => {
          this.#decisions = new TabDecisions(this.#sharedNow.decisions, post, onChange)
          return this.#decisions
        },
        forget: () => this.ask({ type: 'forget' }),
        talk,
      },
    })
    this.#client = client
    const early = this.#early
    this.#early = []
    for (const message of early) this.#tell(client, message)
    return client
  }

  hear(message: Exclude<ToTab, { type: 'refused' }>): void {
    if (message.type === 'joined') this.#shared = message.shared
    if (this.#client === null) this.#early.push(message)
    else this.#tell(this.#client, message)
  }

  ask(request: Request): Promise<void> {
    const done = this.#asked.ask(request)
    if (request.type === 'take' && this.#client !== null) {
      const { change } = request
      this.#made.add(change.id)
      const record = this.#client.live(change.collection, change.recordId)
      if (record !== null) this.#show(this.#client, record.name, record.state)
    }
    return done
  }

  /** There is no leader for now. */
  lost(): void {
    this.connection.become({ name: 'connecting' })
  }

  /** What is changed from now on is kept in this tab alone. */
  blocked(message: string): void {
    if (this.#shared === null) return
    const storage: StorageStatus = { type: 'degraded', reason: 'blocked', message }
    this.#shared = { ...this.#shared, storage }
    this.#parts.onStorage(storage)
  }

  #store(own: SteadyStore): TabStore {
    const { isLeading, close } = this.#parts
    return new TabStore({
      own,
      isLeading,
      close,
      shared: () => this.#sharedNow,
      status: () => (own.status.type === 'durable' ? this.#sharedNow.storage : own.status),
      ask: (request) => this.ask(request),
    })
  }

  get #sharedNow(): Omit<Shared, 'records'> {
    if (this.#shared === null) throw new RangeError('this tab has not joined yet')
    return this.#shared
  }

  #tell(client: SluiceClient<Collections>, message: Exclude<ToTab, { type: 'refused' }>): void {
    switch (message.type) {
      case 'joined':
        return this.#joined(client, message.shared)
      case 'forgotten':
        this.#shared = message.shared
        return client.belong(message.shared.identity)
      case 'status':
        return this.connection.become(message.status)
      case 'storage':
        this.#shared = { ...this.#sharedNow, storage: message.storage }
        return this.#parts.onStorage(message.storage)
      case 'record':
        return this.#show(client, message.name, message.state)
      case 'down':
        return this.connection.receive(message.message)
      case 'done':
        return this.#asked.done(message.number)
      case 'decisions':
        return this.#decisions?.told(message.decisions)
      case 'decided':
        return this.#decisions?.decided(message.id, message.outcome)
    }
  }

  /** There is a leader, or another one. What is not told has no changes under way any more. */
  #joined(client: SluiceClient<Collections>, { records, decisions }: Shared): void {
    this.lost()
    const told = new Map(records)
    for (const record of client.records)
      if (!told.has(record.name)) this.#show(client, record.name, atRest(record.state))
    for (const [name, state] of told) this.#show(client, name, state)
    this.#decisions?.told(decisions)
    this.#decisions?.handOver()
    this.#asked.askAgain()
    this.#parts.post({ type: 'want', isWanting: this.connection.isWanting })
  }

  #show(client: SluiceClient<Collections>, name: string, state: RecordState): void {
    const slash = name.indexOf('/')
    const record = client.live(name.slice(0, slash), name.slice(slash + 1))
    // The leading tab's own client is told everything at once: it may go on with what waits.
    const shown = this.#parts.isLeading() ? state : withOwn(state, this.#asked.changesOf(name))
    record?.become(
      shown,
      ownConflicts(state, (id) => this.#made.has(id)),
      true,
    )
  }
}
