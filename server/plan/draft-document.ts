/**
 * The document of a draft: foreign changes wait until somebody asks for what they write to, and then enter the library's
 * document all at once. A batch of changes to registers, which tell by themselves what they write, so costs the library
 * one step; whoever asks meanwhile is answered as if each had entered at its time.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { AuthoredChange, Authoring, KeysOf, RecordDocument, Target } from './record-document.ts'

export class DraftDocument {
  readonly #origin: RecordDocument
  #document: RecordDocument
  #waiting: Uint8Array[] = []
  readonly #waitingHashes = new Set<string>()
  readonly #waitingKeys = new Set<string>()
  #heads: readonly string[]
  /** Changes that this draft has made or taken in, by hash. */
  readonly #changes = new Map<string, DecodedChange>()

  constructor(origin: RecordDocument) {
    this.#origin = origin
    this.#document = origin
    this.#heads = origin.heads
  }

  get heads(): readonly string[] {
    return this.#heads
  }

  get keys(): readonly string[] {
    return this.whole.keys
  }

  value(key: string): unknown {
    return (this.#waitingKeys.has(key) ? this.whole : this.#document).value(key)
  }

  valueAt(heads: readonly string[], key: string): unknown {
    const isHere = !heads.some((head) => this.#waitingHashes.has(head))
    return (isHere ? this.#document : this.whole).valueAt(heads, key)
  }

  change(hash: string): DecodedChange | undefined {
    return this.#changes.get(hash) ?? this.#document.change(hash)
  }

  /**
   * Takes in a foreign change whose dependencies it has.
   * @param keys of the root to which it writes.
   */
  enter(bytes: Uint8Array, decoded: DecodedChange, keys: Iterable<string>): void {
    this.#waiting.push(bytes)
    this.#waitingHashes.add(decoded.hash)
    for (const key of keys) this.#waitingKeys.add(key)
    this.#follow(decoded)
  }

  /** Makes a change; null if it writes nothing. */
  author(authoring: Authoring, keysOf: KeysOf, write: (root: Target) => void): AuthoredChange | null {
    const made = this.whole.author(authoring, keysOf, write)
    if (made === null) return null
    this.#replace(made.document)
    this.#follow(made.change.decoded)
    return made.change
  }

  /** The document with all that has entered. */
  get whole(): RecordDocument {
    if (this.#waiting.length === 0) return this.#document
    this.#replace(this.#document.with(this.#waiting, this.#waitingKeys))
    this.#waiting = []
    this.#waitingHashes.clear()
    this.#waitingKeys.clear()
    return this.#document
  }

  /** Frees what the draft has made, for a plan that comes to nothing. */
  discard(): void {
    this.#replace(this.#origin)
  }

  #replace(document: RecordDocument): void {
    const before = this.#document
    this.#document = document
    if (!before.isOf(document) && !before.isOf(this.#origin)) before.free()
  }

  #follow(decoded: DecodedChange): void {
    this.#changes.set(decoded.hash, decoded)
    const { hash, deps } = decoded
    this.#heads = [...this.#heads.filter((head) => !deps.includes(head)), hash].sort()
  }
}
