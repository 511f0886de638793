/** One document on one automerge-repo socket: its life from the first message to the last. */
import { SluiceError } from '../../shared/errors/error-table.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import type { SyncLimits, SyncMessage } from '../gate/sync-message.ts'
import { readSyncMessage } from '../gate/sync-message.ts'
import type { Log } from '../log.ts'
import type { Plan } from '../plan/plan.ts'
import type { RecordState } from '../plan/record-state.ts'
import { documentOf, isErased } from '../plan/record-state.ts'
import type { RecordRoom } from '../rooms/record-room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Turns } from '../rooms/turns.ts'
import type { Storage } from '../storage/storage.ts'
import type { SyncRequest } from './automerge-messages.ts'
import { askedDocument, documentDenial, mayStillRead } from './document-access.ts'
import { IncomingChanges } from './incoming-changes.ts'
import { namedDocument, wasErased } from './named-document.ts'
import { PeerSync } from './peer-sync.ts'
import type { Session } from './session.ts'

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
  readonly turns: Turns
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
  | {
      readonly name: 'open'
      readonly room: RecordRoom
      /** Which of the record's documents it is. */
      readonly compartment: string
      readonly unsubscribe: () => void
    }
  | { readonly name: 'closed' }

export class AutomergeDocumentSync {
  readonly #documentId: string
  readonly #session: Session
  readonly #parts: AutomergeDoorParts
  readonly #replies: DocumentReplies
  #stage: Stage = { name: 'unknown' }
  #peer = new PeerSync()
  /** Hashes of changes that were refused. */
  readonly #refused = new Set<string>()
  readonly #incoming: IncomingChanges
  /** Messages are worked off in their order: all at once that have come while the last ones were. */
  #work: Promise<void> = Promise.resolve()
  readonly #inbox: SyncRequest[] = []

  constructor(documentId: string, session: Session, parts: AutomergeDoorParts, replies: DocumentReplies) {
    this.#documentId = documentId
    this.#session = session
    this.#parts = parts
    this.#incoming = new IncomingChanges(parts, (room, compartment, changes) =>
      this.#submit(room, compartment, changes),
    )
    this.#replies = replies
  }

  get #isClosed(): boolean {
    return this.#stage.name === 'closed'
  }

  get isOpen(): boolean {
    return this.#stage.name === 'open'
  }

  receive(message: SyncRequest): void {
    this.#inbox.push(message)
    this.#work = this.#session.follow(this.#work.then(() => this.#processInbox())).catch(this.#fail)
  }

  readonly #fail = (error: unknown): void => {
    if (!(error instanceof SluiceError))
      this.#parts.log.error({ err: error }, 'a document could not be synchronized')
    this.#session.fail(error)
  }

  reportHeads(): void {
    const stage = this.#stage
    if (stage.name !== 'open') return
    const { room, compartment } = stage
    // It waits for a commit that runs, and the store may be gone by then.
    room.read((state) => this.#replies.stored(headsOf(state, compartment))).catch(this.#fail)
  }

  close(): void {
    if (this.#stage.name === 'open') this.#stage.unsubscribe()
    this.#stage = { name: 'closed' }
  }

  /** What cannot be read ends the session, but only after what came before it. */
  async #processInbox(): Promise<void> {
    const { syncLimits, turns } = this.#parts
    const requests = this.#inbox.splice(0, this.isOpen ? MESSAGES_MAX : 1)
    const read: ReturnType<typeof readSyncMessage>[] = []
    for (const { data } of requests) read.push(await turns.run(() => readSyncMessage(data, syncLimits)))
    const sound = read.flatMap((one) => (one.ok ? [one.message] : []))
    const broken = read.find((one) => !one.ok)
    const [request] = requests
    const before = broken === undefined ? sound : sound.slice(0, read.indexOf(broken))
    if (request !== undefined && before.length > 0) await this.#process(request, before)
    if (broken?.ok === false) throw new SluiceError('bad_frame', `sync message: ${broken.reason}`)
  }

  /** @param request the first of the messages, which is alone unless the document is open. */
  async #process(request: SyncRequest, messages: readonly SyncMessage[]): Promise<void> {
    const changes = messages.flatMap((message) => message.changes)
    if (this.#stage.name === 'unknown') {
      const denial = await this.#open(changes)
      if (denial !== null) return this.#deny(denial)
    }
    const stage = this.#stage
    if (stage.name === 'closed') return
    if (stage.name === 'unknown') {
      for (const message of messages) this.#askOrDeny(request, message)
      return
    }

    const { room, compartment } = stage
    this.#peer.take(messages)
    await this.#incoming.take(room, compartment, changes)
    const isAnswered = this.#peer.isHeard && this.#incoming.count === 0
    if (!isAnswered) await this.#parts.turns.run(() => room.read((state) => this.#pump(state, true)))
  }

  /**
   * Finds the record that the document is, or the one that the client brings (R1). A record that the session may not
   * read is as unknown as one that does not exist (A3).
   * @returns why the session is denied a record that it may know of.
   */
  async #open(changes: readonly Uint8Array[]): Promise<SluiceError | null> {
    const { actor } = this.#session
    const stored = await this.#parts.storage.findDocument(this.#documentId)
    if (stored === null && (await wasErased(this.#parts, actor, this.#documentId))) return erasedRecord()
    const named = stored ?? namedDocument(this.#parts, actor, this.#documentId, changes)
    if (named === null || named.key.tenant !== actor.tenant || this.#isClosed) return null
    const { key, compartment } = named
    const { authorizer, rooms } = this.#parts
    const isNew = stored === null
    const { document, isGone } = await rooms.record(key).read((state) => ({
      document: askedDocument(actor, state, compartment, isNew),
      isGone: isErased(state),
    }))
    // An erased record begins anew by REST alone (E4): until then its next document is as unknown as any.
    if (isGone || !authorizer.mayRead(document.asked)) return null
    const denial = documentDenial(authorizer, document)
    if (denial === 'unknown' || this.#isClosed) return null
    if (denial !== null) return denial
    const leave = this.#session.enter(key, 'fields')
    // Found again: without a session the room may have been evicted since.
    const room = rooms.record(key)
    const unfollow = room.subscribe(
      (plan, state) => {
        this.#pump(state)
        if (this.isOpen && concerns(plan, compartment)) this.#replies.stored(headsOf(state, compartment))
      },
      () => this.#leave(erasedRecord()),
    )
    const unsubscribe = (): void => {
      leave()
      unfollow()
    }
    this.#stage = { name: 'open', room, compartment, unsubscribe }
    // What was said before was about no document.
    this.#peer = new PeerSync()
    // Who has asked to be told what is stored is told, also if nothing is going to change.
    if (!isNew) this.reportHeads()
    return null
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

  /**
   * A client that has a document we do not know is asked for its changes, since its genesis may tell what it
   * is; one that looks for the document is told that it is not here.
   */
  #askOrDeny({ type }: SyncRequest, message: SyncMessage): void {
    const { wasAsked } = this.#peer
    const hasOfferedInVain = wasAsked && message.changes.length > 0
    if (type === 'request' || message.heads.length === 0 || hasOfferedInVain)
      return this.#replies.unavailable()
    // It has been editing before it has heard the question.
    if (wasAsked) return
    this.#replies.sync(this.#peer.ask(message))
  }

  /** @returns those that build on what has not come. */
  async #submit(
    room: RecordRoom,
    compartment: string,
    changes: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[]> {
    const origin = this.#session.origin()
    const outcome = await room.submitChanges({
      type: 'changes',
      compartment,
      changes,
      mayCreate: true,
      origin,
    })
    if (!outcome.ok) throw outcome.error
    for (const { hash, reason } of outcome.refused) {
      if (hash !== null) this.#refused.add(hash)
      this.#replies.refused(reason)
    }
    if (this.#refused.size > REFUSED_MAX)
      throw new SluiceError('refused_change', 'too many changes were refused')
    return outcome.orphans
  }

  /**
   * Sends what the client lacks, as far as the protocol wants to send now.
   * @param isTaken all that the client's message brought has been taken in, or put aside.
   */
  #pump(state: RecordState, isTaken = false): void {
    if (this.#stage.name !== 'open') return
    const { compartment } = this.#stage
    if (!mayStillRead(this.#parts.authorizer, this.#session.actor, state, compartment))
      return this.#leave(new SluiceError('forbidden', 'you may no longer read this record'))
    const document = documentOf(state, compartment)
    if (document === undefined) return
    const missing = this.#incoming.missing(document.graph)
    const answer = this.#peer.answer(document, { isTaken, missing, refused: this.#refused })
    if (answer !== null) this.#replies.sync(answer)
  }
}

/** Messages that are worked off at once. */
const MESSAGES_MAX = 64

/** Refused changes that one document of one socket may bring. */
const REFUSED_MAX = 1_000

const headsOf = (state: RecordState, compartment: string): readonly string[] => {
  const document = documentOf(state, compartment)
  return document === undefined ? [] : document.doc.heads
}

/** Whether a commit has written to the document. */
const concerns = ({ journal }: Plan, compartment: string): boolean =>
  journal.some((entry) => (entry.compartment ?? MAIN) === compartment)

const erasedRecord = (): SluiceError =>
  new SluiceError('erased', 'the record has been erased, and this document with it')
