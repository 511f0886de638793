/** A client of one server, for one person, on one store: what `connect` gives. */

import { isRecordId } from '../shared/record/record-id.ts'
import { encodeCollection } from '../shared/schema/collection-definition.ts'
import type { Collections } from '../shared/schema/config.ts'
import type { ClientParts, ClientStatus } from './client-parts.ts'
import type { ConnectionStatus } from './connection/sync-connection.ts'
import type { DecisionLine, DecisionParts } from './decisions.ts'
import { Decisions } from './decisions.ts'
import type { Identity } from './identity.ts'
import { IDENTITY_KEY, meet } from './identity.ts'
import { CollectionHandle } from './live/collection-handle.ts'
import type { InboxOptions } from './live/inbox-handle.ts'
import { InboxHandle } from './live/inbox-handle.ts'
import { LiveSet } from './live/live-set.ts'
import type { PresenceParts } from './live/presence-handle.ts'
import { SavedLists } from './live/saved-lists.ts'
import type { ConflictNotice, RecordParts } from './live-record.ts'
import { LiveRecord } from './live-record.ts'
import { Outbox } from './outbox.ts'
import type { StoredClient } from './read-store.ts'
import { readStore } from './read-store.ts'
import type { RecordState } from './record/record-state.ts'
import { emptyRecord } from './record/record-state.ts'
import { recordName } from './record/saved-record.ts'
import { RecordHandle } from './record-handle.ts'
import { ENTRY_KINDS } from './store/client-store.ts'
import type { StorageStatus } from './store/steady-store.ts'

export class SluiceClient<C extends Collections> {
  readonly #parts: ClientParts
  readonly #records = new Map<string, LiveRecord>()
  readonly #outbox: Outbox
  readonly #decisions: DecisionLine
  readonly #lists: SavedLists
  readonly #lives = new LiveSet()
  readonly #listeners = new Set<() => void>()
  readonly #conflictListeners = new Set<(notice: ConflictNotice) => void>()
  #identity: Identity
  #order: number
  #foreign: Extract<ClientStatus, { name: 'foreign' }> | null = null
  /** The server has said whom it takes this client for, and it is the one whose edits are stored. */
  #isMet = false
  #stopListening: () => void

  private constructor(parts: ClientParts, stored: StoredClient) {
    this.#parts = parts
    this.#identity = stored.identity
    this.#order = stored.order
    this.#outbox = new Outbox(parts.connection, () => (this.#isMet ? this.#records.values() : []))
    const deciding: DecisionParts = {
      connection: parts.connection,
      store: parts.store,
      recordOf: (collection, id) => this.live(collection, id),
      onChange: () => this.#tell(),
    }
    this.#decisions =
      parts.tabs?.decisions(stored.actions, deciding) ?? new Decisions(stored.actions, deciding)
    this.#lists = new SavedLists(parts.store)
    for (const [name, state] of stored.records) this.#add(name, state)
    this.#stopListening = parts.connection.onStatus((status) => this.#connectionIs(status))
    // It may have been quicker than the store.
    this.#connectionIs(parts.connection.status)
  }

  /** Reads the store. The connection is not started. @internal */
  static async open<C extends Collections>(parts: ClientParts): Promise<SluiceClient<C>> {
    return new SluiceClient<C>(parts, await readStore(parts.store, parts.randomId))
  }

  get status(): ClientStatus {
    return this.#foreign ?? this.#parts.connection.status
  }

  /** Whether closing the app loses edits that the server does not have. */
  get storage(): StorageStatus {
    return this.#parts.store.status
  }

  /** Changes and decisions that the server has not answered. */
  get pendingCount(): number {
    const changes = [...this.#records.values()].flatMap(({ state }) => state.queue)
    return changes.filter(({ phase }) => phase !== 'answered').length + this.#decisions.waiting.length
  }

  /** Called whenever `status`, `storage` or a record changes. @returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Called when a change of this person is held, or a record that he has open has a conflict that it did not have: no
   * error, but something for a person to look at. @returns a function that ends it.
   */
  onConflict(listener: (notice: ConflictNotice) => void): () => void {
    this.#conflictListeners.add(listener)
    return () => this.#conflictListeners.delete(listener)
  }

  /** @throws RangeError for a collection that the schema lacks. */
  collection<Name extends keyof C & string>(collection: Name): CollectionHandle<C[Name]['fields']> {
    const spec = this.#parts.schema.get(collection)
    if (spec === undefined) throw new RangeError(`the schema has no collection "${collection}"`)
    return new CollectionHandle<C[Name]['fields']>(spec, {
      ...this.#liveParts,
      records: () => [...this.#records.values()].filter((record) => record.collection === spec),
      onRecord: (listener) => this.#lives.watch(collection, listener),
    })
  }

  /** The conflicts that this person may see, newest first. Close it when it is not shown. */
  inbox(options: InboxOptions = {}): InboxHandle {
    return new InboxHandle(options, this.#liveParts)
  }

  /**
   * A record, as far as it is known here; the server is asked for the rest. Close the handle when it is not shown.
   * @throws RangeError for a collection that the schema lacks, or an id that no record may have.
   */
  record<Name extends keyof C & string>(collection: Name, id: string): RecordHandle<C[Name]['fields']> {
    const record = this.live(collection, id)
    if (record === null) throw new RangeError(`the schema has no collection "${collection}"`)
    return new RecordHandle(record, {
      isOnline: () => this.#parts.connection.status.name === 'online',
      decide: (asked) =>
        this.#decisions.add({ ...asked, id: this.#newId(), order: ++this.#order, wasSent: false }),
      live: this.#liveParts,
      deletesOnline: this.#parts.policies[collection]?.deletes === 'online',
      decisions: () => this.#decisions.waiting,
    })
  }

  /** Resolves when everything that has been changed is durable on the server, or refused by it. */
  async durable(): Promise<void> {
    while (this.pendingCount > 0)
      await new Promise<void>((resolve) => {
        const stop = this.subscribe(() => {
          if (this.pendingCount > 0) return
          stop()
          resolve()
        })
      })
  }

  /** Tries to connect, now, instead of when the next attempt is due. */
  connect(): void {
    this.#parts.connection.start()
  }

  disconnect(): void {
    this.#parts.connection.stop()
  }

  /** Discards everything stored here, edits that the server does not have included. */
  async forget(): Promise<void> {
    if (this.#parts.tabs?.forget !== undefined) return this.#parts.tabs.forget()
    const writes = []
    this.#lists.forget()
    for (const kind of ENTRY_KINDS)
      for (const { key } of await this.#parts.store.list(kind))
        writes.push({ type: 'delete', kind, key } as const)
    await this.#parts.store.write(writes)
    this.belong({ ...this.#identity, owner: null, serverStore: null })
  }

  /** Nothing is known but who this client is. @internal */
  belong(identity: Identity): void {
    this.#lists.forget()
    for (const record of this.#records.values()) record.reset()
    this.#lives.reset()
    this.#foreign = null
    this.#identity = identity
    this.#tell()
  }

  /** Stops, when what was changed is as safe as the store can make it. */
  async close(): Promise<void> {
    this.#stopListening()
    this.#parts.connection.stop()
    await this.#parts.store.close()
  }

  /** What handles are made of; null for a collection that the schema lacks. @internal */
  live(collection: string, id: string): LiveRecord | null {
    if (!this.#parts.schema.has(collection)) return null
    if (!isRecordId(id)) throw new RangeError(`"${id}" is no record id`)
    const name = recordName(collection, id)
    return this.#records.get(name) ?? this.#add(name, emptyRecord)
  }

  /** Of every record that is known. @internal */
  get records(): Iterable<LiveRecord> {
    return this.#records.values()
  }

  /** @internal */
  get identity(): Identity {
    return this.#identity
  }

  /** What a text handle needs. @internal */
  get parts(): Pick<ClientParts, 'schema' | 'connection' | 'store' | 'tabs'> {
    return this.#parts
  }

  #add(name: string, state: RecordState): LiveRecord | null {
    const slash = name.indexOf('/')
    const [collection, id] = [name.slice(0, slash), name.slice(slash + 1)]
    const spec = this.#parts.schema.get(collection)
    // Its collection is not part of this app any more: what is stored stays where it is (R4).
    if (spec === undefined) return null
    const parts: RecordParts = {
      connection: this.#parts.connection,
      store: this.#parts.store,
      newId: () => this.#newId(),
      nextOrder: () => ++this.#order,
      now: this.#parts.now,
      isMet: () => this.#isMet,
      pump: () => this.#outbox.pump(),
      policy: this.#parts.policies[collection]?.writes ?? 'local_first',
      onConflict: (notice) => {
        for (const listener of [...this.#conflictListeners]) listener(notice)
      },
    }
    const record = new LiveRecord(spec, id, state, parts)
    record.listen(() => {
      this.#parts.tabs?.onRecord?.(record)
      this.#lives.tell(record)
      this.#tell()
    })
    this.#records.set(name, record)
    return record
  }

  #connectionIs(status: ConnectionStatus): void {
    if (status.name === 'online') this.#meet(status.welcome)
    else if (status.name === 'idle' || status.name === 'stopped') this.#isMet = false
    this.#tell()
  }

  #meet(welcome: Extract<ConnectionStatus, { name: 'online' }>['welcome']): void {
    const meeting = meet(this.#identity, welcome)
    if (meeting.type === 'foreign') {
      this.#isMet = false
      this.#foreign = { name: 'foreign', owner: meeting.owner }
      this.#parts.connection.stop()
      return
    }
    this.#foreign = null
    // What was stored under another schema is asked for anew: this one may know more of it.
    const schema = [...this.#parts.schema.values()].map(encodeCollection).join('\n')
    const isNewSchema = this.#identity.schema !== schema
    this.#identity = { ...meeting.identity, schema }
    const value = JSON.parse(JSON.stringify(this.#identity))
    void this.#parts.store.write([{ type: 'put', kind: 'client', key: IDENTITY_KEY, value }])
    if (meeting.isNewStore || isNewSchema) for (const record of this.#records.values()) record.distrustMark()
    this.#isMet = true
    for (const record of this.#records.values()) record.connect()
    this.#lives.connect()
    this.#outbox.pump()
    void this.#decisions.send()
  }

  #newId(): string {
    return `${this.#identity.replica}-${this.#parts.randomId()}`
  }

  get #liveParts(): PresenceParts {
    const { connection, after } = this.#parts
    return {
      connection,
      after,
      lists: this.#lists,
      isMet: () => this.#isMet,
      enter: (live) => this.#lives.enter(live),
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
