/**
 * The door for automerge-repo clients (`/automerge`): one socket, any number of records. Changes go through
 * the write path; the sync protocol only decides who lacks what.
 */

import { SluiceError } from '../../shared/errors/error-table.ts'
import { encodeHeads } from '../../shared/record/encode-heads.ts'
import type { AutomergeDoorParts } from './automerge-document-sync.ts'
import { AutomergeDocumentSync } from './automerge-document-sync.ts'
import type { ClientMessage, EphemeralMessage, ServerMessage, SyncRequest } from './automerge-messages.ts'
import { decodeMessage, encodeMessage } from './automerge-messages.ts'
import type { Door, DoorConnection } from './door.ts'
import { LatestQueue } from './latest-queue.ts'
import type { Session } from './session.ts'

export class AutomergeDoor implements Door {
  readonly #parts: AutomergeDoorParts
  /** Document → the connections that have it open, for presence. */
  readonly #audiences = new Map<string, Set<AutomergeConnection>>()

  constructor(parts: AutomergeDoorParts) {
    this.#parts = parts
  }

  connect(session: Session, rest: string): DoorConnection {
    if (rest !== '') throw new SluiceError('not_found', 'this door has no paths below it')
    return new AutomergeConnection(session, this.#parts, this.#audiences)
  }
}

class AutomergeConnection implements DoorConnection {
  readonly #session: Session
  readonly #parts: AutomergeDoorParts
  readonly #audiences: Map<string, Set<AutomergeConnection>>
  readonly #presence: LatestQueue<EphemeralMessage>
  readonly #documents = new Map<string, AutomergeDocumentSync>()
  /** The peer id that the client has given itself; it speaks under no other. */
  #peerId: string | null = null
  #wantsStoredHeads = false
  /** Timestamp of the newest report, milliseconds since 1970. */
  #reportedAt = 0

  constructor(session: Session, parts: AutomergeDoorParts, audiences: Map<string, Set<AutomergeConnection>>) {
    this.#session = session
    this.#parts = parts
    this.#audiences = audiences
    this.#presence = new LatestQueue({
      session,
      keyOf: ({ documentId, senderId, sessionId }) => JSON.stringify([documentId, senderId, sessionId]),
      send: (messages) => {
        for (const { senderId, type, documentId, sessionId, count, data } of messages)
          this.#send({ type, documentId, sessionId, count, data }, senderId)
      },
    })
  }

  onFrame(bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    if (message.type === 'join') return this.#join(message)
    if (this.#peerId === null) throw new SluiceError('bad_frame', `${message.type} before join`)
    if (message.senderId !== this.#peerId)
      throw new SluiceError('bad_frame', 'senderId is not the one that joined')
    this.#handle(message)
  }

  onClose(): void {
    for (const [documentId, sync] of this.#documents) {
      sync.close()
      this.#leaveAudience(documentId)
    }
    this.#documents.clear()
  }

  #handle(message: Exclude<ClientMessage, { type: 'join' }>): void {
    switch (message.type) {
      case 'request':
      case 'sync':
        return this.#sync(message)
      case 'ephemeral':
        return this.#relay(message)
      case 'remote-subscription-change':
        if (message.add?.includes(this.#parts.storage.storageId)) this.#wantsStoredHeads = true
        if (message.remove?.includes(this.#parts.storage.storageId)) this.#wantsStoredHeads = false
        if (this.#wantsStoredHeads) for (const sync of this.#documents.values()) sync.reportHeads()
        return
      case 'leave':
        return this.#session.terminate(1000, 'left')
      case 'doc-unavailable':
      case 'remote-heads-changed':
        // The server asks nobody for documents, and keeps no heads but its own.
        return
    }
  }

  #join(message: Extract<ClientMessage, { type: 'join' }>): void {
    if (this.#peerId !== null && this.#peerId !== message.senderId)
      throw new SluiceError('bad_frame', 'a socket joins once, under one senderId')
    const versions = message.supportedProtocolVersions ?? ['1']
    this.#peerId = message.senderId
    if (!versions.includes('1')) {
      this.#send({ type: 'error', message: 'only protocol version 1 is spoken here' })
      throw new SluiceError('bad_frame', 'only protocol version 1 is spoken here')
    }
    const { storageId } = this.#parts.storage
    this.#send({
      type: 'peer',
      peerMetadata: { storageId, isEphemeral: false },
      selectedProtocolVersion: '1',
    })
  }

  #sync(message: SyncRequest): void {
    const { documentId } = message
    let sync = this.#documents.get(documentId)
    if (sync === undefined) {
      if (this.#documents.size >= this.#parts.subscriptionsMax)
        throw new SluiceError('too_many', `more than ${this.#parts.subscriptionsMax} documents on one socket`)
      sync = new AutomergeDocumentSync(documentId, this.#session, this.#parts, {
        sync: (data) => this.#send({ type: 'sync', documentId, data }),
        unavailable: () => this.#send({ type: 'doc-unavailable', documentId }),
        refused: (reason) => this.#send({ type: 'error', message: `${documentId}: ${reason}` }),
        stored: (heads) => this.#reportHeads(documentId, heads),
      })
      this.#documents.set(documentId, sync)
      this.#joinAudience(documentId)
    }
    sync.receive(message)
  }

  /** Presence of automerge-repo clients: told to the others who have the document open, and never kept. */
  #relay(message: EphemeralMessage): void {
    const { documentId } = message
    if (this.#documents.get(documentId)?.isOpen !== true) return
    for (const other of this.#audiences.get(documentId) ?? [])
      if (other !== this && other.#documents.get(documentId)?.isOpen === true) other.#presence.push([message])
  }

  /** The ecosystem's own way to say "stored": the heads of the server's storage, after the commit. */
  #reportHeads(documentId: string, heads: readonly string[]): void {
    if (!this.#wantsStoredHeads) return
    // A client drops what is not later than what it was told before, and two commits fit into a millisecond.
    this.#reportedAt = Math.max(Date.parse(this.#parts.now()), this.#reportedAt + 1)
    const stored = { heads: encodeHeads(heads), timestamp: this.#reportedAt }
    this.#send({
      type: 'remote-heads-changed',
      documentId,
      newHeads: { [this.#parts.storage.storageId]: stored },
    })
  }

  #send(message: Unaddressed<ServerMessage>, senderId = this.#parts.peerId): void {
    if (this.#peerId !== null)
      this.#session.send(encodeMessage({ senderId, targetId: this.#peerId, ...message } as ServerMessage))
  }

  #joinAudience(documentId: string): void {
    const audience = this.#audiences.get(documentId)
    if (audience === undefined) this.#audiences.set(documentId, new Set([this]))
    else audience.add(this)
  }

  #leaveAudience(documentId: string): void {
    const audience = this.#audiences.get(documentId)
    audience?.delete(this)
    if (audience?.size === 0) this.#audiences.delete(documentId)
  }
}

type Unaddressed<Message> = Message extends unknown ? Omit<Message, 'senderId' | 'targetId'> : never
