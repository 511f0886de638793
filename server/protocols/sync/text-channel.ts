/**
 * A record's texts on a channel: updates both ways, each of the client's answered once it is durable (K7), and presence.
 * What may be written is the gate's business; who may is asked as at every text door (A7).
 */
import { errorTable, SluiceError } from '../../../shared/errors/error-table.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { defaultStateVectorLimits, readStateVector } from '../../../shared/wire/y-protocol.ts'
import type { AwarenessEntry, AwarenessLimits } from '../../gate/awareness-gate.ts'
import { erasedText } from '../../plan/text-planning.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { TextPeer, TextRoom } from '../../rooms/text-room.ts'
import type { Storage } from '../../storage/storage.ts'
import type { LatestQueue } from '../latest-queue.ts'
import type { TextAccess } from '../text-access.ts'
import { noRecord } from '../text-access.ts'
import { refusalOf } from './apply-change.ts'
import type { ChannelMessage, ChannelPort, SyncChannel } from './channel.ts'
import { bounded, presenceQueue } from './presence-port.ts'

export interface TextChannelParts {
  readonly key: RecordKey
  readonly subject: string
  /** Names this channel among all that are in the room. */
  readonly session: string
  readonly rooms: Rooms
  readonly storage: Pick<Storage, 'readRecord'>
  readonly access: TextAccess
  readonly awarenessLimits: AwarenessLimits
  readonly port: ChannelPort
  /** What the client has. */
  readonly stateVector: Uint8Array
  readonly origin: () => Origin
  /** Follows work that a message has started, so that a client which writes too fast is not read from (W8). */
  readonly follow: <T>(work: Promise<T>) => Promise<T>
  /** Ends the session: what is left open has to be sent again. */
  readonly failSession: (error: unknown) => void
}

type Update = Extract<ChannelMessage, { type: 'text.update' }>

/** `opening`: what comes meanwhile waits, both ways. */
type Stage =
  | { readonly name: 'opening'; readonly updates: Update[]; readonly told: Uint8Array[] }
  | { readonly name: 'open'; readonly room: TextRoom }
  | { readonly name: 'closed' }

/** Messages that may arrive while the text is being opened. */
const EARLY_MAX = 256

export class TextChannel implements SyncChannel, TextPeer {
  readonly session: string
  readonly subject: string
  readonly hearsItself = false
  readonly #parts: TextChannelParts
  readonly #queue: LatestQueue<AwarenessEntry>
  #room: TextRoom | null = null
  #stage: Stage = { name: 'opening', updates: [], told: [] }

  constructor(parts: TextChannelParts) {
    this.#parts = parts
    this.session = parts.session
    this.subject = parts.subject
    this.#queue = presenceQueue(parts.port, () => this.#stage.name === 'open')
  }

  async open(): Promise<void> {
    const { port, access, stateVector } = this.#parts
    const read = readStateVector(stateVector, defaultStateVectorLimits)
    if (!read.ok) throw new SluiceError('bad_frame', `state vector: ${read.reason} at byte ${read.at}`)
    await this.#ensureRecord()
    if (this.#isClosed) return
    const room = this.#parts.rooms.text(this.#parts.key)
    this.#room = room
    room.join(this)
    const update = await room.updateSince(read.value)
    const has = await room.stateVector()
    const stage = this.#stage
    if (stage.name !== 'opening') return
    const mayWrite = access.writeDenial === null
    port.send({ type: 'text.opened', channel: port.number, update, stateVector: has, mayWrite }, update)
    this.#stage = { name: 'open', room }
    // Some of it may have been in the answer already, which Yjs does not mind.
    for (const told of stage.told) this.onUpdate(told)
    if (room.present.length > 0) this.onPresence(room.present)
    for (const message of stage.updates) this.receive(message)
  }

  receive(message: ChannelMessage): void {
    const stage = this.#stage
    if (message.type === 'presence') {
      if (stage.name === 'open')
        stage.room.announce(this, bounded(message.entries, this.#parts.awarenessLimits))
      return
    }
    if (message.type !== 'text.update') throw new SluiceError('bad_frame', 'a text is no list')
    if (stage.name === 'open') void this.#write(stage.room, message).catch(this.#parts.failSession)
    if (stage.name !== 'opening') return
    if (stage.updates.length >= EARLY_MAX)
      throw new SluiceError('too_many', 'too much was sent before the text was open')
    stage.updates.push(message)
  }

  close(): void {
    this.#stage = { name: 'closed' }
    this.#parts.access.forget()
    this.#room?.leave(this)
  }

  onUpdate(update: Uint8Array): void {
    const { access, port } = this.#parts
    const stage = this.#stage
    if (stage.name === 'opening') {
      stage.told.push(update)
      return
    }
    const denial = access.readDenial
    if (denial !== null) return port.fail(denial)
    if (stage.name === 'open') port.send({ type: 'text.update', channel: port.number, update }, update)
  }

  onContent(digest: number): void {
    const { access, port } = this.#parts
    if (this.#stage.name === 'open' && access.readDenial === null)
      port.send({ type: 'text.content', channel: port.number, digest })
  }

  onErased(): void {
    this.#parts.port.fail(erasedText())
  }

  onPresence(entries: readonly AwarenessEntry[]): void {
    if (this.#stage.name === 'open') this.#queue.push(entries)
  }

  get #isClosed(): boolean {
    return this.#stage.name === 'closed'
  }

  /** Opening the text of a record that does not exist creates it (R6), for those who may. */
  async #ensureRecord(): Promise<void> {
    const { rooms, storage, key, access, origin, port } = this.#parts
    access.follow(rooms.record(key), (denial) => port.fail(denial))
    const stored = await storage.readRecord(key)
    access.learn(stored?.fields ?? null)
    if (access.readDenial !== null) throw access.readDenial
    if (stored?.erased === true) throw erasedText()
    if (stored?.deleted === true) throw new SluiceError('not_found', 'the record has been deleted')
    if (stored !== null) return
    const outcome = await rooms.record(key).ensure(origin())
    // Who may not create it is told what he would be told if he might not read it.
    if (!outcome.ok) throw outcome.error.code === 'forbidden' ? noRecord() : outcome.error
  }

  async #write(room: TextRoom, { number, update }: Update): Promise<void> {
    const { port, access, origin, follow } = this.#parts
    const { number: channel } = port
    const outcome = await follow(room.submit({ update, origin: origin(), denial: access.writeDenial }))
    switch (outcome.status) {
      case 'applied':
        return port.send({ type: 'text.done', channel, number })
      case 'gap':
        return port.send({ type: 'text.behind', channel, number, stateVector: await room.stateVector() })
      case 'refused': {
        // What a second attempt may bring through is left open: the client comes back with it.
        if (errorTable[outcome.error.code].retryable) throw outcome.error
        return port.send({ type: 'text.refused', channel, number, ...refusalOf(outcome.error) })
      }
    }
  }
}
