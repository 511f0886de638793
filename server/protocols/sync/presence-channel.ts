/** A channel that tells who is there, for those who do not edit the record's text (K8). It loads nothing. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { AwarenessEntry, AwarenessLimits } from '../../gate/awareness-gate.ts'
import { erasedText } from '../../plan/text-planning.ts'
import type { TextPeer, TextRoom } from '../../rooms/text-room.ts'
import type { Storage } from '../../storage/storage.ts'
import type { LatestQueue } from '../latest-queue.ts'
import type { TextAccess } from '../text-access.ts'
import type { ChannelMessage, ChannelPort, SyncChannel } from './channel.ts'
import { bounded, presenceQueue } from './presence-port.ts'
import type { TextChannelParts } from './text-channel.ts'

export interface PresenceChannelParts
  extends Pick<TextChannelParts, 'key' | 'subject' | 'session' | 'rooms' | 'access' | 'awarenessLimits'> {
  readonly storage: Pick<Storage, 'readRecord'>
  readonly port: ChannelPort
}

export class PresenceChannel implements SyncChannel, TextPeer {
  readonly session: string
  readonly subject: string
  readonly hearsItself = false
  readonly #parts: PresenceChannelParts
  readonly #access: TextAccess
  readonly #limits: AwarenessLimits
  readonly #queue: LatestQueue<AwarenessEntry>
  #room: TextRoom | null = null
  #isClosed = false

  constructor(parts: PresenceChannelParts) {
    this.#parts = parts
    this.session = parts.session
    this.subject = parts.subject
    this.#access = parts.access
    this.#limits = parts.awarenessLimits
    this.#queue = presenceQueue(parts.port, () => !this.#isClosed)
  }

  /** For those who may read the texts: what others announce may quote them (A7). */
  async open(): Promise<void> {
    const { rooms, storage, key, port } = this.#parts
    this.#access.follow(rooms.record(key), (denial) => port.fail(denial))
    const stored = await storage.readRecord(key)
    this.#access.learn(stored?.fields ?? null)
    if (this.#access.readDenial !== null) throw this.#access.readDenial
    if (stored?.erased === true) throw erasedText()
    if (stored === null || stored.deleted) throw new SluiceError('not_found', 'there is no such record')
    if (this.#isClosed) return
    this.#room = rooms.text(key)
    this.#room.join(this)
    port.send({ type: 'presence', channel: port.number, entries: this.#room.present })
  }

  receive(message: ChannelMessage): void {
    if (message.type !== 'presence') throw new SluiceError('bad_frame', 'a presence channel takes no updates')
    this.#room?.announce(this, bounded(message.entries, this.#limits))
  }

  close(): void {
    this.#isClosed = true
    this.#access.forget()
    this.#room?.leave(this)
  }

  onUpdate(): void {}

  onErased(): void {
    this.#parts.port.fail(erasedText())
  }

  onPresence(entries: readonly AwarenessEntry[]): void {
    this.#queue.push(entries)
  }
}
