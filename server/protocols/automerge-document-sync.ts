/** One document on one automerge-repo socket: its life from the first message to the last. */
import * as Automerge from '@automerge/automerge'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { readNaming } from '../gate/read-naming.ts'
import type { SyncLimits } from '../gate/sync-message.ts'
import { readSyncMessage, withoutCapabilities } from '../gate/sync-message.ts'
import type { Log } from '../log.ts'
import type { RecordState } from '../plan/record-state.ts'
import type { RecordRoom } from '../rooms/record-room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Storage } from '../storage/storage.ts'
import type { SyncRequest } from './automerge-messages.ts'
import type { Session } from './session.ts'

export interface AutomergeDoorParts {
  readonly rooms: Rooms
  readonly storage: Storage
  /** The server's own peer id. */
  readonly peerId: string
  readonly subscriptionsMax: number
  readonly automergeLimits: AutomergeLimits
  readonly syncLimits: SyncLimits
  readonly log: Log
  readonly now: () => string
}

export interface DocumentReplies {
  sync(data: Uint8Array): void
  unavailable(): void
  refused(reason: string): void
  stored(heads: readonly string[]): void
}

/**
 * `unknown`: nobody has stored it; the client may yet bring its genesis. `open`: synchronising with a room.
 * `closed`: the socket has gone.
 */
type Stage =
  | { readonly name: 'unknown' }
  | { readonly name: 'open'; readonly room: RecordRoom; readonly unsubscribe: () => void }
  | { readonly name: 'closed' }

/** What may wait on one document of one socket; the peer sends again what was dropped. */
const ORPHAN_BYTES_MAX = 1024 * 1024

export class AutomergeDocumentSync {
  readonly #documentId: string
  readonly #session: Session
  readonly #parts: AutomergeDoorParts
  readonly #replies: DocumentReplies
  #stage: Stage = { name: 'unknown' }
  #syncState = Automerge.initSyncState()
  /** Hashes of changes that were refused; the peer keeps them, and the library would ask for them for ever. */
  readonly #refused = new Set<string>()
  #sentHeads = ''
  /** Changes that came before what they build on. */
  #orphans: readonly Uint8Array[] = []
  /** Messages are worked off one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(documentId: string, session: Session, parts: AutomergeDoorParts, replies: DocumentReplies) {
    this.#documentId = documentId
    this.#session = session
    this.#parts = parts
    this.#replies = replies
  }

  get isOpen(): boolean {
    return this.#stage.name === 'open'
  }

  receive(message: SyncRequest): void {
    this.#work = this.#session
      .follow(this.#work.then(() => this.#process(message)))
      .catch((error: unknown) => {
        if (!(error instanceof SluiceError))
          this.#parts.log.error({ err: error }, 'a sync message could not be handled')
        this.#session.fail(error)
      })
  }

  reportHeads(): void {
    const stage = this.#stage
    if (stage.name === 'open')
      void stage.room.read((state) => this.#replies.stored(Automerge.getHeads(state.doc)))
  }

  close(): void {
    if (this.#stage.name === 'open') this.#stage.unsubscribe()
    this.#stage = { name: 'closed' }
  }

  async #process(request: SyncRequest): Promise<void> {
    const read = readSyncMessage(request.data, this.#parts.syncLimits)
    if (!read.ok) throw new SluiceError('bad_frame', `sync message: ${read.reason}`)
    const { changes, withoutChanges } = read.message
    if (this.#stage.name === 'unknown') await this.#open(changes)
    const stage = this.#stage
    if (stage.name === 'closed') return
    if (stage.name === 'unknown') return this.#askOrDeny(request, read.message.heads, withoutChanges)

    // What the peer says it has comes first, or the answer to its changes would send them back to it.
    this.#syncState = await stage.room.receiveSync(this.#syncState, withoutChanges)
    if (changes.length > 0) await this.#submit(stage.room, [...this.#orphans, ...changes])
    await stage.room.read((state) => this.#pump(state))
  }

  /** Finds the record that the document is, or the one that the client brings (R1). */
  async #open(changes: readonly Uint8Array[]): Promise<void> {
    const stored = await this.#parts.storage.findRecord(this.#documentId)
    const key = stored ?? this.#named(changes)
    if (key === null || key.tenant !== this.#session.actor.tenant || this.#stage.name === 'closed') return
    const room = this.#parts.rooms.record(key)
    const unsubscribe = room.subscribe((_plan, state) => {
      this.#pump(state)
      this.#replies.stored(Automerge.getHeads(state.doc))
    })
    this.#stage = { name: 'open', room, unsubscribe }
    this.#syncState = Automerge.initSyncState()
  }

  /** The key that a genesis change names, if the document's id derives from it. */
  #named(changes: readonly Uint8Array[]): RecordKey | null {
    for (const change of changes) {
      const naming = readNaming(change)
      if (naming === null) continue
      const key = { tenant: this.#session.actor.tenant, ...naming }
      if (documentIdOf(key) === this.#documentId) return key
    }
    return null
  }

  /**
   * A client that has a document we do not know is asked for its changes, since its genesis may tell what it
   * is; one that looks for the document is told that it is not here.
   */
  #askOrDeny(request: SyncRequest, heads: readonly string[], withoutChanges: Uint8Array): void {
    const hasNothingToOffer = request.type === 'request' || heads.length === 0
    const hasOfferedInVain = this.#syncState.theirHeads !== null
    if (hasNothingToOffer || hasOfferedInVain) return this.#replies.unavailable()
    const empty = Automerge.init<Record<string, unknown>>()
    const [received, syncState] = Automerge.receiveSyncMessage(empty, this.#syncState, withoutChanges)
    const [next, message] = Automerge.generateSyncMessage(received, syncState)
    Automerge.free(received)
    this.#syncState = next
    if (message !== null) this.#replies.sync(withoutCapabilities(message))
  }

  async #submit(room: RecordRoom, changes: readonly Uint8Array[]): Promise<void> {
    const origin = this.#session.origin()
    const outcome = await room.submit({ type: 'changes', changes, mayCreate: true, origin })
    if (!outcome.ok) throw outcome.error
    this.#orphans = newestWithin(outcome.orphans, ORPHAN_BYTES_MAX)
    for (const { hash, reason } of outcome.refused) {
      if (hash !== null) this.#refused.add(hash)
      this.#replies.refused(reason)
    }
    if (this.#refused.size > REFUSED_MAX)
      throw new SluiceError('refused_change', 'too many changes were refused')
  }

  /** Sends what the client lacks, as far as the protocol wants to send now. */
  #pump(state: RecordState): void {
    const [next, message] = Automerge.generateSyncMessage(state.doc, this.#syncState)
    this.#syncState = next
    if (message === null) return
    const heads = Automerge.getHeads(state.doc).join()
    if (heads === this.#sentHeads && this.#onlyAsksForRefused(message)) return
    this.#sentHeads = heads
    this.#replies.sync(withoutCapabilities(message))
  }

  /** Whether a message has nothing to say but that it lacks changes which were refused: it must not be sent. */
  #onlyAsksForRefused(message: Uint8Array): boolean {
    if (this.#refused.size === 0) return false
    const read = readSyncMessage(message, this.#parts.syncLimits)
    return (
      read.ok &&
      read.message.changes.length === 0 &&
      read.message.need.every((hash) => this.#refused.has(hash))
    )
  }
}

/** Refused changes that one document of one socket may bring. */
const REFUSED_MAX = 1_000

function newestWithin(changes: readonly Uint8Array[], bytesMax: number): readonly Uint8Array[] {
  let bytes = 0
  let first = changes.length
  while (first > 0 && bytes + (changes[first - 1]?.byteLength ?? 0) <= bytesMax)
    bytes += changes[--first]?.byteLength ?? 0
  return changes.slice(first)
}
