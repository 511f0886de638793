/** One session of the sync door: welcomes, keeps its channels, and has changes and actions carried out. */
import { errorTable, SluiceError } from '../../../shared/errors/error-table.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import { keyString } from '../../../shared/record/record-key.ts'
import { encodeServerMessage } from '../../../shared/sync/codec.ts'
import type { ServerMessage } from '../../../shared/sync/messages.ts'
import type { DoorConnection, Renew } from '../door.ts'
import type { Session } from '../session.ts'
import { actOnConflict } from './act-on-conflict.ts'
import { applyChange, refusalOf } from './apply-change.ts'
import type { SharedReads } from './channels.ts'
import { Channels } from './channels.ts'
import type { NamedChange, ReadMessage } from './client-messages.ts'
import { readAction, readChange, readClientMessage } from './client-messages.ts'
import { sharedMessage } from './shared-message.ts'
import type { SyncDoorParts } from './sync-door.ts'

/** Of the store's name: enough to tell it from the one that it was restored from. */
const STORE_CHARACTERS = 8

type Read<Type extends ReadMessage['type']> = Extract<ReadMessage, { type: Type }>

export interface SyncConnectionParts extends SyncDoorParts, SharedReads {}

export class SyncConnection implements DoorConnection {
  readonly #session: Session
  readonly #renew: Renew
  readonly #parts: SyncConnectionParts
  readonly #channels: Channels
  /** How its user calls it. */
  #device: string | null = null
  #isHeard = false

  constructor(session: Session, renew: Renew, parts: SyncConnectionParts) {
    this.#session = session
    this.#renew = renew
    this.#parts = parts
    this.#channels = new Channels({
      ...parts,
      session,
      origin: () => this.#origin(),
      send: (message, about) => this.#send(message, about),
      failSession: (error) => this.#fail(error),
    })
    this.#welcome()
  }

  onFrame(bytes: Uint8Array): void {
    const message = readClientMessage(bytes)
    const isFirst = !this.#isHeard
    this.#isHeard = true
    if (message.type !== 'hello') return this.#handle(message)
    if (!isFirst) throw new SluiceError('bad_frame', 'hello comes first')
    this.#device = message.device
  }

  onClose(): void {
    this.#channels.closeAll()
  }

  #welcome(): void {
    const { subject, tenant, expiresAt } = this.#session.actor
    const { inFlight, frameBytes, rows } = this.#parts.bounds
    this.#send({
      type: 'welcome',
      subject,
      tenant,
      expiresInMs: this.#timeUntil(expiresAt),
      store: this.#parts.storage.storageId.slice(0, STORE_CHARACTERS),
      ...{ inFlight, frameBytes, rows },
    })
  }

  #timeUntil(instant: number | null): number | null {
    return instant === null ? null : instant - Date.parse(this.#parts.now())
  }

  #handle(message: Exclude<ReadMessage, Read<'hello'>>): void {
    switch (message.type) {
      case 'token':
        return this.#guard(this.#goOn(message.token))
      case 'ping':
        return this.#send({ type: 'pong', number: message.number })
      case 'change':
        return this.#guard(this.#change(message.change))
      case 'act':
        return this.#guard(this.#act(message))
      case 'close':
        return this.#channels.close(message.channel)
      case 'text.update':
      case 'presence':
      case 'list.more':
        return this.#channels.receive(message)
      case 'record.open':
      case 'text.open':
      case 'presence.open':
      case 'query.open':
      case 'inbox.open':
        return this.#channels.open(message)
    }
  }

  async #goOn(token: string): Promise<void> {
    const expiresAt = await this.#renew(token)
    this.#send({ type: 'renewed', expiresInMs: this.#timeUntil(expiresAt) })
  }

  async #change(sent: NamedChange): Promise<void> {
    const result = await this.#session.follow(this.#carriedOut(sent))
    this.#send({ type: 'changed', id: sent.id, result })
  }

  async #carriedOut(sent: NamedChange): ReturnType<typeof applyChange> {
    const change = asked(() => readChange(sent))
    if (!change.ok) return change.refused
    const { tenant } = this.#session.actor
    const { collection, recordId } = change.value
    const record = keyString({ tenant, collection, id: recordId })
    // What the record was before the change is told before what it is after it.
    await this.#channels.whenOpen(record)
    if (this.#session.isEnded) throw new SluiceError('shutting_down', 'the session has ended')
    const writer = { tenant, origin: this.#origin(), rooms: this.#parts.rooms }
    const result = await applyChange(writer, change.value)
    this.#channels.flush(record)
    return result
  }

  async #act({ request, conflictId, action: sent }: Read<'act'>): Promise<void> {
    const action = asked(() => readAction(sent))
    const acting = { actor: this.#session.actor, origin: this.#origin() }
    const result = action.ok
      ? await this.#session.follow(actOnConflict(this.#parts, acting, conflictId, action.value))
      : action.refused
    this.#send({ type: 'acted', request, result })
  }

  /** The origin of a write that arrives now. The device's own name is no more than what its user says. */
  #origin(): Origin {
    const origin = this.#session.origin()
    const device = this.#device
    return device === null ? origin : { ...origin, metadata: { device } }
  }

  #send(message: ServerMessage, about?: object): void {
    if (about === undefined) this.#session.send(encodeServerMessage(message))
    else this.#session.sendShared(sharedMessage(message, about))
  }

  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error))
  }

  #fail(error: unknown): void {
    if (this.#session.isEnded) return
    if (!(error instanceof SluiceError) || errorTable[error.code].status >= 500)
      this.#parts.log.warn({ err: error, session: this.#session.id }, 'a sync session failed')
    this.#session.fail(error)
  }
}

type Asked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refused: { readonly status: 'refused' } & ReturnType<typeof refusalOf> }

/** What cannot be understood is refused like anything else: it must not hold up what is behind it (K5). */
function asked<Value>(read: () => Value): Asked<Value> {
  try {
    return { ok: true, value: read() }
  } catch (error) {
    if (error instanceof SluiceError)
      return { ok: false, refused: { status: 'refused', ...refusalOf(error) } }
    throw error
  }
}
