/**
 * What one peer and the server know of each other's changes to one document: Automerge's sync protocol, spoken without
 * the library, which would need the whole document for it. What changes there are the record's graph knows, and the
 * changes that a peer brings go through the write path.
 *
 * M. Kleppmann and H. Howard, "Byzantine Eventual Consistency and the Fundamental Limits of Peer-to-Peer Databases",
 * 2020, section 3; `sync.rs` of automerge-rs for the state that each side keeps.
 */
import { BloomFilter } from '../gate/bloom-filter.ts'
import type { SyncHave, SyncMessage } from '../gate/sync-message.ts'
import { encodeSyncMessage } from '../gate/sync-message.ts'
import type { RecordState } from '../plan/record-state.ts'

type Document = Pick<RecordState, 'doc' | 'graph'>

/** What has become of the changes that a peer has brought, as far as it bears on what is said to him. */
export interface Brought {
  /** All of them have been taken in, put aside or refused. */
  readonly isTaken: boolean
  /**
   * Hashes of changes that those build on which were put aside. The peer has left them out because our Bloom filter was
   * wrong about them, as it is once in a hundred times: they are asked for by name.
   */
  readonly missing: readonly string[]
  /** Hashes of changes that were refused: he keeps them, and would be asked for them for ever. */
  readonly refused: ReadonlySet<string>
}

/** What is known of the peer since he has said something. */
interface Heard extends Pick<SyncMessage, 'heads' | 'need' | 'have'> {}

/** Changes that one message carries: making them takes a hundredth of a millisecond each. The rest follows the answer. */
const CHANGES_MAX = 1_000

/** Of who does not know what both have: the other is to tell all that he has. */
const NOTHING_BEFORE: SyncHave = { lastSync: [], bloom: new Uint8Array() }

export class PeerSync {
  #heard: Heard | null = null
  /** The peer can read whole documents. */
  #takesDocuments = false
  /** Heads that both are known to have. */
  #sharedHeads: readonly string[] = []
  #lastSentHeads: readonly string[] = []
  /** Heads at which the peer was told something last. */
  #toldHeads: readonly string[] | null = null
  /** Changes that were sent and of which the peer has not shown that he has them. */
  readonly #sent = new Set<string>()
  #hasResponded = false
  /** Something was said that the peer has not answered. */
  #isInFlight = false
  /** The peer was sent all there is, and has not answered: who says more meanwhile would say it all again. */
  #isAwaited = false
  /** Messages that are being worked off: what they say holds once the record has what they have brought. */
  #unheard: readonly SyncMessage[] = []

  /** All that the peer has said is known. */
  get isHeard(): boolean {
    return this.#unheard.length === 0
  }

  /** The peer was asked for a document that nobody has stored. */
  get wasAsked(): boolean {
    return this.#heard !== null
  }

  /** Asks for all that the peer has of a document that nobody has stored. */
  ask(message: SyncMessage): Uint8Array {
    this.#heard = heardOf(message)
    const have = [NOTHING_BEFORE]
    return encodeSyncMessage({ version: 1, heads: [], need: message.heads, have, chunks: [] })
  }

  /** Takes messages of which the changes are about to be taken in. */
  take(messages: readonly SyncMessage[]): void {
    this.#unheard = messages
  }

  /** What is to be said to the peer now; null for nothing. */
  answer(document: Document, { isTaken, missing, refused }: Brought): Uint8Array | null {
    if (!this.#hearAll(document, isTaken) || this.#isAwaited) return null
    const { doc } = document
    const isLost = this.#heard?.have[0]?.lastSync.every((hash) => has(document, hash)) === false
    const isEverything = !isLost && this.#lacksAll(document)
    const changes = isLost || isEverything ? [] : this.#lacking(document)
    const isNews = isEverything || changes.length > 0
    if (!isNews && this.#isSaid(document)) return null
    const need = isLost ? [] : missing.length > 0 ? missing : this.#unknownOf(document)
    this.#lastSentHeads = doc.heads
    this.#hasResponded = true
    this.#isInFlight = true
    const isIdle = !isNews && refused.size > 0 && need.every((hash) => refused.has(hash))
    if (isIdle && isSame(this.#toldHeads, doc.heads)) return null
    this.#toldHeads = doc.heads
    for (const hash of changes) this.#sent.add(hash)
    this.#isAwaited = isEverything
    return encodeSyncMessage({
      version: this.#takesDocuments ? 2 : 1,
      heads: doc.heads,
      need,
      have: isLost ? [NOTHING_BEFORE] : missing.length > 0 ? [] : [this.#have(document, isEverything)],
      chunks: isEverything ? doc.chunks() : changes.flatMap((hash) => doc.bytesOf(hash) ?? []),
    })
  }

  /** What a peer brings tells what he has: nothing is said before the record has it, or it would be sent back to him. */
  #hearAll(document: Document, isTaken: boolean): boolean {
    const isKnown = ({ heads }: SyncMessage): boolean => heads.every((head) => has(document, head))
    if (!isTaken && !this.#unheard.every(isKnown)) return false
    for (const message of this.#unheard) this.#hear(document, message)
    this.#unheard = []
    return true
  }

  #hear(document: Document, message: SyncMessage): void {
    const { heads, changes, takesDocuments } = message
    if (this.#heard === null) this.#takesDocuments = takesDocuments
    this.#heard = heardOf(message)
    this.#isInFlight = false
    this.#isAwaited = false
    const known = heads.filter((head) => has(document, head))
    this.#sharedHeads =
      known.length === heads.length ? heads : [...new Set([...this.#sharedHeads, ...known])].sort()
    this.#forgetSeen(document, known)
    // Who has brought changes is to be told that they have arrived.
    if (changes.length === 0 && isSame(heads, document.doc.heads)) this.#lastSentHeads = heads
    if (heads.length > 0) return
    // He has lost what he had.
    this.#lastSentHeads = []
    this.#sent.clear()
  }

  #forgetSeen({ graph }: Document, heads: readonly string[]): void {
    if (this.#sent.size === 0) return
    const seen = graph.clockAt(heads)
    for (const hash of this.#sent) {
      const node = graph.node(hash)
      if (node === undefined || (seen.get(node.actor) ?? 0) >= node.seq) this.#sent.delete(hash)
    }
  }

  /** Heads of the peer that the record does not have. */
  #unknownOf(document: Document): readonly string[] {
    return this.#heard?.heads.filter((head) => !has(document, head)) ?? []
  }

  /** What the record has got since both had the same; whoever is sent everything has the same as soon as he hears it. */
  #have({ doc, graph }: Document, isEverything: boolean): SyncHave {
    if (isEverything || isSame(this.#sharedHeads, doc.heads))
      return { ...NOTHING_BEFORE, lastSync: doc.heads }
    const since = graph.since(doc.heads, graph.clockAt(this.#sharedHeads))
    return { lastSync: this.#sharedHeads, bloom: BloomFilter.of(since.map(({ hash }) => hash)).encoded }
  }

  /** A peer who can read a whole document lacks all of this one. */
  #lacksAll({ doc }: Document): boolean {
    const { heads, need } = this.#heard ?? {}
    return this.#takesDocuments && heads?.length === 0 && need?.length === 0 && doc.heads.length > 0
  }

  /** Hashes of the changes that the peer lacks, as far as he has said, and that were not sent yet: each after its deps. */
  #lacking({ doc, graph }: Document): readonly string[] {
    if (this.#heard === null) return []
    const { heads, need, have } = this.#heard
    const lacking = new Set<string>()
    const [known] = have
    if (known !== undefined && !isSame(heads, doc.heads)) {
      const filter = BloomFilter.read(known.bloom)
      // What builds on something that he lacks he lacks too, whatever the filter says.
      for (const { hash, deps } of graph.since(doc.heads, graph.clockAt(known.lastSync)))
        if (!filter.has(hash) || deps.some((dep) => lacking.has(dep))) lacking.add(hash)
    }
    for (const hash of need) if (graph.has(hash)) lacking.add(hash)
    return [...lacking].filter((hash) => !this.#sent.has(hash)).slice(0, CHANGES_MAX)
  }

  /** The peer was told of the record as it is, and either has the same or has not answered yet. */
  #isSaid({ doc }: Document): boolean {
    if (!this.#hasResponded || !isSame(this.#lastSentHeads, doc.heads)) return false
    return this.#isInFlight || isSame(this.#heard?.heads ?? null, doc.heads)
  }
}

/** A copy: the message, with its changes, is not to stay in memory for what it says of them. */
const heardOf = ({ heads, need, have }: SyncMessage): Heard => ({
  heads,
  need,
  have: have.map(({ lastSync, bloom }) => ({ lastSync, bloom: bloom.slice() })),
})

/** Its heads are asked first: many a record is opened and told without anybody looking into its history. */
const has = ({ doc, graph }: Document, hash: string): boolean => doc.heads.includes(hash) || graph.has(hash)

const isSame = (a: readonly string[] | null, b: readonly string[]): boolean =>
  a !== null && a.length === b.length && a.every((hash) => b.includes(hash))
