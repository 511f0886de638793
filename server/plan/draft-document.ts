/**
 * The Automerge document of a draft. It is copied from the state's when it is first written to, and what is applied to
 * it waits until somebody looks: the library goes through the whole document for each call of `applyChanges`, however
 * few changes it is given, so changes that are applied together cost what one does.
 */
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { RecordDoc } from './automerge-values.ts'
import { CounterSums } from './counter-sums.ts'

export class DraftDocument {
  #doc: RecordDoc
  /** The document is this draft's own, and not that of the state which it came from. */
  #isCopy = false
  #waiting: Uint8Array[] = []
  /** Changes that this draft has taken in or looked up, by hash: the document may not hold them yet. */
  readonly #taken = new Map<string, DecodedChange>()
  readonly #counters = new CounterSums()
  /** Scalars and gaps at keys of the root, as far as they were looked at and no change that waits concerns them. */
  readonly #scalars = new Map<string, unknown>()
  /** Null until they are asked for. */
  #heads: readonly string[] | null = null

  constructor(doc: RecordDoc) {
    this.#doc = doc
  }

  /** As it is now, with all that was applied. */
  get doc(): RecordDoc {
    if (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      const [doc] = Automerge.applyChanges(this.#own(), waiting)
      this.#doc = doc
    }
    return this.#doc
  }

  get heads(): readonly string[] {
    this.#heads ??= Automerge.getHeads(this.doc)
    return this.#heads
  }

  /** What the document shows at a key of its root. */
  valueAt(key: string): unknown {
    if (this.#scalars.has(key)) return this.#scalars.get(key)
    const sum = this.#counters.read(key, () => this.doc[key])
    if (sum !== undefined) return sum
    const value = this.doc[key]
    if (isScalar(value)) this.#scalars.set(key, value)
    return value
  }

  /** A change of this draft or of the state before it. */
  change(hash: string): DecodedChange | undefined {
    const taken = this.#taken.get(hash)
    if (taken !== undefined) return taken
    const found = Automerge.inspectChange(this.#doc, hash) ?? undefined
    // The changes of a batch refer to the same few.
    if (found !== undefined) this.#taken.set(hash, found)
    return found
  }

  /** Makes the document write under this actor. */
  writeAs(actor: string): void {
    const { doc } = this
    if (this.#isCopy && Automerge.getActorId(doc) === actor) return
    const copy = Automerge.clone(doc, { actor })
    if (this.#isCopy) Automerge.free(doc)
    this.#doc = copy
    this.#isCopy = true
  }

  /** Applies a foreign change, whose dependencies the document has. */
  apply(bytes: Uint8Array, change: DecodedChange): void {
    this.#waiting.push(bytes)
    this.#taken.set(change.hash, change)
    if (this.#heads !== null) this.#heads = headsAfter(this.#heads, change)
    this.#counters.apply(change)
    for (const { obj, key } of change.ops)
      if (obj === '_root') this.#scalars.delete(key ?? '')
      // An edit inside a text, which shows as a string.
      else this.#scalars.clear()
  }

  /** Takes over the document in which a change has been authored. */
  replace(doc: RecordDoc): void {
    this.#doc = doc
    this.#heads = null
    this.#counters.clear()
    this.#scalars.clear()
  }

  /** The document, for the state after the draft: never that of the state before it. */
  finish(): RecordDoc {
    const { doc } = this
    return this.#isCopy ? doc : this.#own()
  }

  /** Frees the document of a plan that comes to nothing. */
  discard(): void {
    this.#waiting = []
    if (this.#isCopy) Automerge.free(this.#doc)
  }

  #own(): RecordDoc {
    if (!this.#isCopy) this.#doc = Automerge.clone(this.#doc)
    this.#isCopy = true
    return this.#doc
  }
}

/** In the order in which the library gives them. */
const headsAfter = (heads: readonly string[], { hash, deps }: DecodedChange): readonly string[] =>
  [...heads.filter((head) => !deps.includes(head)), hash].sort()

/** Neither an object nor a list, which change from within, nor a counter, which is summed up. */
const isScalar = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || value instanceof Date || Automerge.isImmutableString(value)
