/** The channels of one session, by number: opens them, hands messages on, and closes them with a reason. */
import { errorTable, SluiceError } from '../../../shared/errors/error-table.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { keyString } from '../../../shared/record/record-key.ts'
import type { ServerMessage } from '../../../shared/sync/messages.ts'
import type { Session } from '../session.ts'
import { TextAccess } from '../text-access.ts'
import { refusalOf } from './apply-change.ts'
import type { ChannelMessage, ChannelPort, SyncChannel } from './channel.ts'
import type { ReadMessage } from './client-messages.ts'
import type { InboxChannelParts } from './inbox-channel.ts'
import { InboxChannel } from './inbox-channel.ts'
import { PresenceChannel } from './presence-channel.ts'
import type { QueryChannelParts } from './query-channel.ts'
import { QueryChannel } from './query-channel.ts'
import { RecordChannel } from './record-channel.ts'
import type { SyncDoorParts } from './sync-door.ts'
import { TextChannel } from './text-channel.ts'

/** What the lists of all sessions share. */
export type SharedReads = Pick<QueryChannelParts, 'rows'> & Pick<InboxChannelParts, 'inboxes'>

export interface ChannelsParts extends SyncDoorParts, SharedReads {
  readonly session: Session
  readonly origin: () => Origin
  /** See `ChannelPort`. */
  readonly send: (message: ServerMessage, about?: object) => void
  readonly failSession: (error: unknown) => void
}

type Opening = Extract<ReadMessage, { type: `${string}.open` }>
type OfRecord = Extract<Opening, { recordId: string }>

interface OpenChannel {
  readonly kind: Opening['type']
  readonly channel: SyncChannel
}

export class Channels {
  readonly #parts: ChannelsParts
  readonly #open = new Map<number, OpenChannel>()
  /** By name of the record, while they are being opened. */
  readonly #opening = new Map<string, Promise<void>>()
  /** By name of the record. */
  readonly #records = new Map<string, Set<RecordChannel>>()
  /** Numbers that the server has closed: what the client sent before it heard of it is dropped. */
  readonly #failed = new Set<number>()

  constructor(parts: ChannelsParts) {
    this.#parts = parts
  }

  /** @throws SluiceError `bad_frame` for a number that is in use. */
  open(opening: Opening): void {
    const { channel: number, type: kind } = opening
    if (this.#open.has(number)) throw new SluiceError('bad_frame', `channel ${number} is open already`)
    this.#failed.delete(number)
    let isOpen = true
    const port: ChannelPort = this.#portOf(number, () => isOpen)
    try {
      this.#checkBounds(kind)
      const channel = this.#channelFor(opening, port)
      const leave = this.#enter(opening)
      this.#open.set(number, {
        kind,
        channel: {
          open: () => channel.open(),
          receive: (message) => channel.receive(message),
          close: () => {
            isOpen = false
            leave()
            channel.close()
          },
        },
      })
      const answered = this.#parts.session.follow(channel.open()).catch((error: unknown) => port.fail(error))
      if (kind === 'record.open') this.#remember(opening, answered)
    } catch (error) {
      port.fail(error)
    }
  }

  /** Resolves once the record's channel, if one is being opened, has been told of it. */
  async whenOpen(record: string): Promise<void> {
    await this.#opening.get(record)
  }

  /** Sends what waits for a slow reader on the record's channels. */
  flush(record: string): void {
    for (const channel of this.#records.get(record) ?? []) channel.flush()
  }

  /** @throws SluiceError `bad_frame` for a channel that was never open, or does not take the message. */
  receive(message: ChannelMessage): void {
    const open = this.#open.get(message.channel)
    if (open !== undefined) return open.channel.receive(message)
    if (!this.#failed.has(message.channel))
      throw new SluiceError('bad_frame', `channel ${message.channel} is not open`)
  }

  close(number: number): void {
    this.#failed.delete(number)
    this.#take(number)?.channel.close()
  }

  closeAll(): void {
    for (const number of [...this.#open.keys()]) this.close(number)
    this.#failed.clear()
  }

  #take(number: number): OpenChannel | undefined {
    const open = this.#open.get(number)
    this.#open.delete(number)
    return open
  }

  #portOf(number: number, isOpen: () => boolean): ChannelPort {
    const { send, session } = this.#parts
    return {
      number,
      send: (message, about) => {
        if (isOpen()) send(message, about)
      },
      fail: (error) => {
        if (isOpen()) this.#fail(number, error)
      },
      get isCongested() {
        return session.isCongested
      },
    }
  }

  #fail(number: number, error: unknown): void {
    if (!(error instanceof SluiceError) || errorTable[error.code].status >= 500)
      return this.#parts.failSession(error)
    this.#take(number)?.channel.close()
    if (this.#failed.size < this.#parts.bounds.channels) this.#failed.add(number)
    this.#parts.send({ type: 'closed', channel: number, ...refusalOf(error) })
  }

  #checkBounds(kind: Opening['type']): void {
    const { channels, queries } = this.#parts.bounds
    if (this.#open.size >= channels)
      throw new SluiceError('too_many', `more than ${channels} channels on one socket`)
    if (!isList(kind)) return
    const lists = [...this.#open.values()].filter((open) => isList(open.kind)).length
    if (lists >= queries) throw new SluiceError('too_many', `more than ${queries} live lists on one socket`)
  }

  #channelFor(opening: Opening, port: ChannelPort): SyncChannel {
    const { session, clock, bounds } = this.#parts
    const { actor } = session
    switch (opening.type) {
      case 'record.open':
        return this.#recordChannel(opening, port)
      case 'text.open':
        return this.#textChannel(opening, port)
      case 'presence.open':
        return new PresenceChannel({ ...this.#parts, ...this.#inRoom(opening, port), port })
      case 'query.open':
        return new QueryChannel({ ...this.#parts, ...opening, actor, port, clock, rowsMax: bounds.rows })
      case 'inbox.open':
        return new InboxChannel({ ...this.#parts, ...opening, actor, port, clock, rowsMax: bounds.rows })
    }
  }

  #recordChannel(opening: Extract<Opening, { type: 'record.open' }>, port: ChannelPort): SyncChannel {
    const { rooms, storage, authorizer, session } = this.#parts
    const key = this.#keyOf(opening)
    const reader = { authorizer, actor: session.actor, collection: rooms.collectionOf(key) }
    const channel = new RecordChannel({
      key,
      reader,
      room: rooms.record(key),
      storage,
      port,
      known: opening.known,
    })
    const name = keyString(key)
    const channels = this.#records.get(name) ?? new Set()
    this.#records.set(name, channels.add(channel))
    return {
      open: () => channel.open(),
      receive: () => channel.receive(),
      close: () => {
        channel.close()
        channels.delete(channel)
        if (channels.size === 0) this.#records.delete(name)
      },
    }
  }

  #textChannel(opening: Extract<Opening, { type: 'text.open' }>, port: ChannelPort): SyncChannel {
    const { session, rooms } = this.#parts
    const { collection } = opening
    if (rooms.collectionOf(this.#keyOf(opening)).texts.length === 0)
      throw new SluiceError('unknown_field', `collection ${collection} has no text fields`)
    return new TextChannel({
      ...this.#parts,
      ...this.#inRoom(opening, port),
      port,
      stateVector: opening.stateVector,
      follow: (work) => session.follow(work),
    })
  }

  /** Who a channel is in a text room. */
  #inRoom(
    opening: OfRecord,
    { number }: ChannelPort,
  ): {
    readonly key: RecordKey
    readonly session: string
    readonly subject: string
    readonly access: TextAccess
  } {
    const { session, rooms, authorizer } = this.#parts
    const key = this.#keyOf(opening)
    const access = new TextAccess(session, rooms.collectionOf(key), authorizer)
    return { key, session: `${session.id}/${number}`, subject: session.actor.subject, access }
  }

  #keyOf({ collection, recordId }: OfRecord): RecordKey {
    return { tenant: this.#parts.session.actor.tenant, collection, id: recordId }
  }

  /** Presence is that of the text's room (K8). */
  #enter(opening: Opening): () => void {
    if (!('recordId' in opening)) return () => {}
    return this.#parts.session.enter(this.#keyOf(opening), opening.type === 'record.open' ? 'fields' : 'text')
  }

  #remember(opening: Extract<Opening, { type: 'record.open' }>, answered: Promise<void>): void {
    const name = keyString(this.#keyOf(opening))
    const both = Promise.all([this.#opening.get(name), answered]).then(() => {})
    this.#opening.set(name, both)
    void both.then(() => {
      if (this.#opening.get(name) === both) this.#opening.delete(name)
    })
  }
}

const isList = (kind: Opening['type']): boolean => kind === 'query.open' || kind === 'inbox.open'
