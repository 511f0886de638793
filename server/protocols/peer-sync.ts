/**
 * What one peer and the server know of each other's changes to one document: the library's sync protocol, which is told
 * of everything but the changes themselves. Those go through the write path. The turns that come most often are taken
 * without it (see `sync-turns.ts`).
 */
import * as Automerge from '@automerge/automerge'
import type { SyncMessage } from '../gate/sync-message.ts'
import type { RecordState } from '../plan/record-state.ts'
import type { PeerState } from './sync-turns.ts'
import { hasNothing, heardOf, isAt, isConfirmed, lacksAll, tell } from './sync-turns.ts'

type Document = Pick<RecordState, 'doc' | 'graph'>

export class PeerSync {
  #state: PeerState = Automerge.initSyncState()
  /** The peer was sent all there is, and has not answered: who says more meanwhile would say it all again. */
  #isAwaited = false
  /** Messages that are being worked off, until the library is told of them. */
  #unheard: readonly SyncMessage[] = []
  /** Heads of the record when the peer was told something last. */
  #toldHeads = ''

  /** The library has been told of all that the peer has said. */
  get isHeard(): boolean {
    return this.#unheard.length === 0
  }

  /** The peer was asked for a document that nobody has stored. */
  get wasAsked(): boolean {
    return this.#state.theirHeads !== null
  }

  /** Asks for all that the peer has of a document that nobody has stored. */
  ask({ withoutChanges }: SyncMessage): Uint8Array | null {
    const empty = Automerge.init<Record<string, unknown>>()
    const [received, state] = Automerge.receiveSyncMessage(empty, this.#state, withoutChanges)
    const [next, message] = Automerge.generateSyncMessage(received, state)
    Automerge.free(received)
    this.#state = next
    return message
  }

  /** The document is there now: what was said before was about none. */
  begin(): void {
    this.#state = Automerge.initSyncState()
    this.#isAwaited = false
  }

  /** Takes messages of which the changes are about to be taken in. */
  take(messages: readonly SyncMessage[]): void {
    this.#unheard = messages
  }

  /**
   * What is to be said to the peer now; null for nothing.
   * @param isTaken the changes that the peer has brought have been taken in, or put aside.
   */
  answer(document: Document, isTaken: boolean): Uint8Array | null {
    if (!this.#hear(document, isTaken) || this.#isAwaited || this.#isAtRest(document)) return null
    const [next, message] = this.#turn(document)
    this.#state = next
    return message
  }

  #turn({ doc }: Document): readonly [PeerState, Uint8Array | null] {
    const { heads } = doc
    if (isConfirmed(this.#state, heads))
      return isAt({ heads: this.#state.lastSentHeads, need: [] }, heads) && this.#state.haveResponded === true
        ? [this.#state, null]
        : tell(this.#state, heads, [])
    if (heads.length === 0 || !lacksAll(this.#state)) return doc.syncMessage(this.#state)
    this.#isAwaited = true
    return tell(this.#state, heads, doc.chunks())
  }

  /** Whether the peer was told something at these heads. */
  hasTold({ doc }: Document): boolean {
    return this.#toldHeads === doc.heads.join()
  }

  told({ doc }: Document): void {
    this.#toldHeads = doc.heads.join()
  }

  /**
   * The library is not told of changes, and would take what they lead to for unknown, and tell of it again and again: so
   * it hears nothing until the record has them. Nothing is said before that, or it would be what the peer has just brought.
   * @returns false if something is still unheard.
   */
  #hear({ doc, graph }: Document, isTaken: boolean): boolean {
    const isKnown = ({ heads }: SyncMessage): boolean => heads.every((head) => graph.has(head))
    if (!isTaken && !this.#unheard.every(isKnown)) return false
    for (const message of this.#unheard) {
      const { lastSentHeads } = this.#state
      const heard = this.#heard(doc, message)
      // Without changes it takes the peer for one who has heard of these heads from here, and would not confirm them.
      this.#state = message.changes.length === 0 ? heard : { ...heard, lastSentHeads }
      this.#isAwaited = false
    }
    this.#unheard = []
    return true
  }

  #heard(doc: Document['doc'], message: SyncMessage): PeerState {
    if (hasNothing(message)) return heardOf(this.#state, message, [])
    if (isAt(message, doc.heads)) return heardOf(this.#state, message, doc.heads)
    return doc.receiveSync(this.#state, message.withoutChanges)
  }

  /** Peer and record are equal, and each knows it: the library would find that out at some length. */
  #isAtRest(document: Document): boolean {
    const { theirHeads, lastSentHeads } = this.#state
    const heads = document.doc.heads.join()
    return this.hasTold(document) && heads === theirHeads?.join() && heads === lastSentHeads.join()
  }
}
