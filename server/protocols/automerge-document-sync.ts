/** One document on one automerge-repo socket: its life from the first message to the last. */
import * as Automerge from '@automerge/automerge'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { readNaming } from '../gate/read-naming.ts'
import type { SyncLimits, SyncMessage } from '../gate/sync-message.ts'
import { readSyncMessage, withNeed, withoutCapabilities } from '../gate/sync-message.ts'
import type { Log } from '../log.ts'
import type { RecordState } from '../plan/record-state.ts'
import { isErased } from '../plan/record-state.ts'
import type { RecordRoom } from '../rooms/record-room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Storage } from '../storage/storage.ts'
import type { SyncRequest } from './automerge-messages.ts'
import { askedOfState, documentDenial, mayStillRead } from './document-access.ts'
import type { Session } from './session.ts'
import { knownOf, WaitingChanges } from './waiting-changes.ts'

export interface AutomergeDoorParts {
  readonly rooms: Rooms
  readonly storage: Storage
  readonly authorizer: Authorizer
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

/** What may wait on one document of one socket. The peer would not send again what is dropped. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024
const WAITING_MAX = 20_000

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
  readonly #waiting: WaitingChanges
  /** Messages are worked off one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(documentId: string, session: Session, parts: AutomergeDoorParts, replies: DocumentReplies) {
    this.#documentId = documentId
    this.#session = session
    this.#parts = parts
    this.#waiting = new WaitingChanges(parts.automergeLimits)
    this.#replies = replies
  }

  get #isClosed(): boolean {
    return this.#stage.name === 'closed'
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
    if (this.#stage.name === 'unknown') {
      const denial = await this.#open(changes)
      if (denial !== null) return this.#deny(denial)
    }
    const stage = this.#stage
    if (stage.name === 'closed') return
    if (stage.name === 'unknown') return this.#askOrDeny(request, read.message)

    // What the peer says it has comes first, or the answer to its changes would send them back to it.
    this.#syncState = await stage.room.receiveSync(this.#syncState, withoutChanges)
    if (changes.length > 0) await this.#submit(stage.room, changes)
    // What others wait for may have come with these, or through another session.
    while (this.#waiting.count > 0) {
      const ready = await stage.room.read((state) => this.#waiting.takeReady(knownOf(state)))
      if (ready.length === 0) break
      const { count } = this.#waiting
      await this.#submit(stage.room, ready)
      if (this.#waiting.count === count + ready.length) break
    }
    await stage.room.read((state) => this.#pump(state))
  }

  /**
   * Finds the record that the document is, or the one that the client brings (R1). A record that the session may not
   * read is as unknown as one that does not exist (A3).
   * @returns why the session is denied a record that it may know of.
   */
  async #open(changes: readonly Uint8Array[]): Promise<SluiceError | null> {
    const stored = await this.#parts.storage.findRecord(this.#documentId)
    if (stored === null && (await this.#wasErased())) return erasedRecord()
    const key = stored ?? this.#named(changes)
    if (key === null || key.tenant !== this.#session.actor.tenant || this.#isClosed) return null
    const room = this.#parts.rooms.record(key)
    const { authorizer } = this.#parts
    const { asked, isGone } = await room.read((state) => ({
      asked: askedOfState(this.#session.actor, state),
      isGone: isErased(state),
    }))
    // An erased record begins anew by REST alone (E4): until then its next document is as unknown as any.
    if (isGone) return null
    const isNew = stored === null
    // Of a record that does not exist there is nothing at hand for a function.
    const about = isNew ? { ...asked, record: null } : asked
    if (!authorizer.mayRead(about)) return null
    const denial = documentDenial(authorizer, about, isNew)
    if (denial !== null || this.#isClosed) return denial
    const unsubscribe = room.subscribe(
      (_plan, state) => {
        this.#pump(state)
        if (this.isOpen) this.#replies.stored(Automerge.getHeads(state.doc))
      },
      () => this.#leave(erasedRecord()),
    )
    this.#stage = { name: 'open', room, unsubscribe }
    this.#syncState = Automerge.initSyncState()
    // Who has asked to be told what is stored is told, also if nothing is going to change.
    if (!isNew) this.reportHeads()
    return null
  }

  /** The document was one of a history that was erased (E5). Who might not read the record is not told (A3). */
  async #wasErased(): Promise<boolean> {
    const { storage, rooms, authorizer } = this.#parts
    const key = await storage.findErased(this.#documentId)
    const { actor } = this.#session
    if (key === null || key.tenant !== actor.tenant) return false
    return authorizer.mayRead({ actor, collection: rooms.collectionOf(key), record: null })
  }

  /** Ends the document's synchronisation, and tells why. */
  #leave(reason: SluiceError): void {
    if (this.#stage.name !== 'open') return
    this.#stage.unsubscribe()
    this.#stage = { name: 'unknown' }
    this.#deny(reason)
  }

  #deny({ code, message }: SluiceError): void {
    this.#replies.refused(`${code}: ${message}`)
    this.#replies.unavailable()
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
  #askOrDeny({ type }: SyncRequest, { heads, changes, withoutChanges }: SyncMessage): void {
    const wasAsked = this.#syncState.theirHeads !== null
    const hasOfferedInVain = wasAsked && changes.length > 0
    if (type === 'request' || heads.length === 0 || hasOfferedInVain) return this.#replies.unavailable()
    // It has been editing before it has heard the question.
    if (wasAsked) return
    const empty = Automerge.init<Record<string, unknown>>()
    const [received, syncState] = Automerge.receiveSyncMessage(empty, this.#syncState, withoutChanges)
    const [next, message] = Automerge.generateSyncMessage(received, syncState)
    Automerge.free(received)
    this.#syncState = next
    if (message !== null) this.#replies.sync(withoutCapabilities(message))
  }

  async #submit(room: RecordRoom, changes: readonly Uint8Array[]): Promise<void> {
    const origin = this.#session.origin()
    const outcome = await room.submitChanges({ type: 'changes', changes, mayCreate: true, origin })
    if (!outcome.ok) throw outcome.error
    for (const orphan of outcome.orphans) this.#waiting.add(orphan)
    if (this.#waiting.bytes > WAITING_BYTES_MAX || this.#waiting.count > WAITING_MAX)
      throw new SluiceError(
        'too_many',
        `more than ${WAITING_BYTES_MAX} bytes, or ${WAITING_MAX} changes, wait for what they build on`,
      )
    for (const { hash, reason } of outcome.refused) {
      if (hash !== null) this.#refused.add(hash)
      this.#replies.refused(reason)
    }
    if (this.#refused.size > REFUSED_MAX)
      throw new SluiceError('refused_change', 'too many changes were refused')
  }

  /** Sends what the client lacks, as far as the protocol wants to send now. */
  #pump(state: RecordState): void {
    if (this.#stage.name !== 'open') return
    if (!mayStillRead(this.#parts.authorizer, this.#session.actor, state))
      return this.#leave(new SluiceError('forbidden', 'you may no longer read this record'))
    const [next, generated] = Automerge.generateSyncMessage(state.doc, this.#syncState)
    this.#syncState = next
    if (generated === null) return
    const message = this.#askingForMissing(generated, state)
    const heads = Automerge.getHeads(state.doc).join()
    if (heads === this.#sentHeads && this.#onlyAsksForRefused(message)) return
    this.#sentHeads = heads
    this.#replies.sync(withoutCapabilities(message))
  }

  /**
   * The library does not hold the orphans, so it asks for them, which have come, and not for what they build on. The
   * peer has left that out because our Bloom filter was wrong about it, as it is once in a hundred times.
   */
  #askingForMissing(message: Uint8Array, state: RecordState): Uint8Array {
    const missing = this.#waiting.missing(state.graph)
    return missing.length === 0 ? message : withNeed(message, missing)
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

const erasedRecord = (): SluiceError =>
  new SluiceError('erased', 'the record has been erased, and this document with it')
