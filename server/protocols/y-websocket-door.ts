/**
 * The door for y-websocket clients (`/yjs/<collection>/<id>`): one socket, one record's text. It translates
 * frames into room calls and back; what may be written is the gate's business, and what is acknowledged is
 * what has been committed, since peers and the author himself hear of an update only then (W4).
 */
import { errorTable, SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { YFrame } from '../../shared/wire/y-protocol.ts'
import {
  defaultStateVectorLimits,
  readFrame,
  readStateVector,
  writeAwareness,
  writePermissionDenied,
  writeRenewed,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdate,
} from '../../shared/wire/y-protocol.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { AwarenessEntry, AwarenessLimits } from '../gate/awareness-gate.ts'
import { encodeAwareness, readAwareness } from '../gate/awareness-gate.ts'
import type { Log } from '../log.ts'
import { erasedText } from '../plan/text-planning.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { TextPeer, TextRoom } from '../rooms/text-room.ts'
import type { Storage } from '../storage/storage.ts'
import type { Door, DoorConnection, Renew } from './door.ts'
import { encodedOnce } from './encoded-once.ts'
import { LatestQueue } from './latest-queue.ts'
import type { Session } from './session.ts'
import { noRecord, TextAccess } from './text-access.ts'

export interface YWebsocketDoorParts {
  readonly rooms: Rooms
  readonly storage: Pick<Storage, 'readFields'>
  readonly authorizer: Authorizer
  readonly awarenessLimits: AwarenessLimits
  readonly log: Log
}

export class YWebsocketDoor implements Door {
  readonly #parts: YWebsocketDoorParts

  constructor(parts: YWebsocketDoorParts) {
    this.#parts = parts
  }

  connect(session: Session, rest: string, renew: Renew): DoorConnection {
    const slash = rest.indexOf('/')
    if (slash < 0) throw new SluiceError('bad_request', 'the path is /yjs/<collection>/<id>')
    const key = { tenant: session.actor.tenant, collection: rest.slice(0, slash), id: rest.slice(slash + 1) }
    const collection = this.#parts.rooms.collectionOf(key)
    if (collection.texts.length === 0)
      throw new SluiceError('unknown_field', `collection ${key.collection} has no text fields`)
    const access = new TextAccess(session, collection, this.#parts.authorizer)
    return new TextConnection({ session, key, access, renew }, this.#parts)
  }
}

const answerOf = encodedOnce(writeSyncStep2)
const questionOf = encodedOnce(writeSyncStep1)
const updateOf = encodedOnce(writeUpdate)
const presenceOf = encodedOnce((entries: readonly AwarenessEntry[]) =>
  writeAwareness(encodeAwareness(entries)),
)

/** Frames that may arrive while the room is being opened. */
const EARLY_FRAMES_MAX = 256

/** `opening`: frames wait. `open`: in the room. `closed`: the socket has gone. */
type Stage =
  | { readonly name: 'opening'; readonly frames: YFrame[] }
  | { readonly name: 'open'; readonly room: TextRoom }
  | { readonly name: 'closed' }

interface Opening {
  readonly session: Session
  readonly key: RecordKey
  readonly access: TextAccess
  readonly renew: Renew
}

class TextConnection implements DoorConnection, TextPeer {
  readonly session: string
  readonly subject: string
  readonly hearsItself = true
  readonly #session: Session
  readonly #key: RecordKey
  readonly #renew: Renew
  readonly #parts: YWebsocketDoorParts
  readonly #presence: LatestQueue<AwarenessEntry>
  readonly #access: TextAccess
  #stage: Stage = { name: 'opening', frames: [] }
  #leave = (): void => {}

  constructor({ session, key, access, renew }: Opening, parts: YWebsocketDoorParts) {
    this.session = session.id
    this.subject = session.actor.subject
    this.#session = session
    this.#key = key
    this.#access = access
    this.#renew = renew
    this.#parts = parts
    this.#presence = new LatestQueue({
      session,
      keyOf: ({ client }) => client,
      send: (entries) => session.sendShared(presenceOf(entries)),
    })
    this.#guard(this.#open())
  }

  onFrame(bytes: Uint8Array): void {
    const read = readFrame(bytes)
    if (!read.ok) throw new SluiceError('bad_frame', `${read.reason} at byte ${read.at}`)
    const stage = this.#stage
    if (stage.name === 'open') return this.#handle(stage.room, read.frame)
    if (stage.name === 'closed') return
    if (stage.frames.length >= EARLY_FRAMES_MAX)
      throw new SluiceError('too_many', 'too much was sent before the text was open')
    stage.frames.push(read.frame)
  }

  onClose(): void {
    if (this.#stage.name === 'open') this.#stage.room.leave(this)
    this.#stage = { name: 'closed' }
    this.#leave()
    this.#access.forget()
  }

  onUpdate(update: Uint8Array): void {
    const denial = this.#access.readDenial
    if (denial !== null) return this.#session.fail(denial)
    this.#session.sendShared(updateOf(update))
  }

  onPresence(entries: readonly AwarenessEntry[]): void {
    this.#presence.push(entries)
  }

  onErased(): void {
    this.#session.fail(erasedText())
  }

  async #open(): Promise<void> {
    const { rooms, storage } = this.#parts
    this.#access.follow(rooms.record(this.#key), (denial) => this.#session.fail(denial))
    const stored = await storage.readFields(this.#key)
    this.#access.learn(stored?.fields ?? null)
    if (this.#access.readDenial !== null) throw this.#access.readDenial
    if (stored?.erased === true) throw erasedText()
    if (stored?.deleted === true) throw new SluiceError('not_found', 'the record has been deleted')
    // Opening the text of a record that does not exist creates it (R6).
    if (stored === null) {
      const outcome = await rooms.record(this.#key).ensure(this.#session.origin())
      // Who may not create it is told what he would be told if he might not read it.
      if (!outcome.ok) throw outcome.error.code === 'forbidden' ? noRecord() : outcome.error
    }
    const room = rooms.text(this.#key)
    const early = this.#stage
    if (early.name !== 'opening') return
    room.join(this)
    this.#leave = this.#session.enter(this.#key, 'text')
    this.#stage = { name: 'open', room }
    if (room.present.length > 0) this.onPresence(room.present)
    for (const frame of early.frames) this.#handle(room, frame)
    // The server asks, too, or offline edits would never be sent.
    this.#session.sendShared(questionOf(await room.stateVector()))
  }

  #handle(room: TextRoom, frame: YFrame): void {
    switch (frame.type) {
      case 'sync-step-1':
        return this.#guard(this.#answer(room, frame.stateVector))
      case 'sync-step-2':
        // The answer of a client that has everything, which most have who join.
        if (room.holds(frame.update)) return
        return this.#guard(this.#write(room, frame.update))
      case 'update':
        return this.#guard(this.#write(room, frame.update))
      case 'awareness':
        return this.#announce(room, frame.payload)
      case 'query-awareness':
        if (room.present.length > 0) this.onPresence(room.present)
        return
      case 'token':
        return this.#guard(this.#goOn(frame.token))
      case 'permission-denied':
        throw new SluiceError('bad_frame', 'only the server denies')
    }
  }

  async #goOn(token: string): Promise<void> {
    const expiresAt = await this.#renew(token)
    this.#session.send(writeRenewed(expiresAt === null ? '' : new Date(expiresAt).toISOString()))
  }

  async #answer(room: TextRoom, stateVector: Uint8Array): Promise<void> {
    const read = readStateVector(stateVector, defaultStateVectorLimits)
    const denial = this.#access.readDenial
    if (denial !== null) throw denial
    if (!read.ok) throw new SluiceError('bad_frame', `state vector: ${read.reason} at byte ${read.at}`)
    this.#session.sendShared(answerOf(await room.updateSince(read.value)))
  }

  async #write(room: TextRoom, update: Uint8Array): Promise<void> {
    const { writeDenial: denial } = this.#access
    const origin = this.#session.origin()
    const outcome = await this.#session.follow(room.submit({ update, origin, denial }))
    if (outcome.status === 'gap') return this.#session.send(writeSyncStep1(await room.stateVector()))
    if (outcome.status === 'applied') return
    const { code, message } = outcome.error
    // There is no NACK: the reason is told. A reader goes on reading; any other refusal ends in a close code that
    // stops the client from coming back with what was refused.
    this.#session.send(writePermissionDenied(`${code}: ${message}`))
    if (code === 'forbidden') return
    throw outcome.error
  }

  #announce(room: TextRoom, payload: Uint8Array): void {
    const read = readAwareness(payload, this.#parts.awarenessLimits)
    if (read.ok) return room.announce(this, read.entries)
    // Presence is worth nobody's connection: what cannot be told to others is dropped.
    this.#parts.log.debug({ session: this.session, reason: read.reason }, 'a presence message was dropped')
  }

  /** Ends the session with the error of whatever it started. */
  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const isKnown = error instanceof SluiceError
      if (!isKnown || errorTable[error.code].status >= 500)
        this.#parts.log.warn(
          { err: error, session: this.session, record: this.#key },
          'a text session failed',
        )
      this.#session.fail(error)
    })
  }
}
