/**
 * A record's Automerge document as the planner sees it: a value that stays as it is, while what is written to it gives
 * another. What is in force it knows by itself (`LiveValues`), and most changes it takes in and makes without the
 * library. All that come of one document share the library's, which is made when it is asked for: for the past beyond what
 * is at hand, for lists and texts, for changes of long ago, and to be saved. It changes in place: those before the newest read it at
 * the heads that they had. So a plan costs no copy, and one that comes to nothing leaves no trace.
 */
import type { DecodedChange } from '@automerge/automerge'
import { decodeChange } from '@automerge/automerge'
import type { Json } from '../../shared/json.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { recordOps } from './change-recorder.ts'
import type { EncodedChange } from './encode-change.ts'
import { encodeChange } from './encode-change.ts'
import { LibraryDocument, sameHeads } from './library-document.ts'
import type { LiveOp } from './live-values.ts'
import { ELSEWHERE, idOf, LiveValues, ROOT } from './live-values.ts'
import type { OpInForce } from './op-in-force.ts'
import { opInForce, writtenOp } from './op-in-force.ts'
import type { PlanSteps } from './plan-steps.ts'
import { LARGE_OPS_MIN } from './plan-steps.ts'
import type { NewestHistory, SharedHistory } from './shared-history.ts'
import { newestOf, putNewest, sharedHistory } from './shared-history.ts'
import { ShownFields } from './shown-fields.ts'

export type AuthoredChange = EncodedChange

export interface Authoring {
  readonly actor: string
  /** How many changes the actor has made, and this one. */
  readonly seq: number
  /** Counter of its first operation: the next of the document's. */
  readonly startOp: number
  /** Heads at which the change is made; null for those of the document. */
  readonly at: readonly string[] | null
  /** What was in force there; null if the library has to be asked. */
  readonly valuesThere: () => PlanSteps<LiveValues | null>
  /** Seconds since 1970. */
  readonly time: number
  readonly message: string | undefined
  /** Whether it is made even if it has nothing to write. */
  readonly joins?: boolean
}

/** An object inside a change callback. */
export type Target = Record<string, unknown>

/** Writes a change; what it yields between are pauses. */
export type Writing = (root: Target) => Iterable<void>

/** Without a pause. */
export const inOnePiece =
  (write: (root: Target) => void): Writing =>
  (root) => {
    write(root)
    return []
  }

/** For the library, which makes a change in one call. */
const withoutPauses =
  (write: Writing) =>
  (root: Target): void => {
    Array.from(write(root))
  }

export interface UnsavedDocument {
  /** As the library saved it; null for the empty one. */
  readonly saved: Uint8Array | null
  /** Those that have come since, each after those that it builds on. */
  readonly changes: readonly Uint8Array[]
}

export interface LentDocument extends UnsavedDocument {
  readonly giveBack: (saved: Uint8Array) => void
}

export class RecordDocument {
  readonly heads: readonly string[]
  readonly live: LiveValues
  readonly #shared: SharedHistory
  /** What has been read so far, by root key. It goes to the document that follows. */
  #values: Map<string, unknown>
  #shown: ShownFields

  private constructor(
    shared: SharedHistory,
    live: LiveValues,
    heads: readonly string[],
    values: Map<string, unknown> = new Map(),
    shown = new ShownFields(),
  ) {
    this.#shared = shared
    this.live = live
    this.heads = heads
    this.#values = values
    this.#shown = shown
    shared.newest = this
  }

  static empty(): RecordDocument {
    return RecordDocument.asSaved(null, new LiveValues(), [])
  }

  /**
   * A document of which all is known, without the library.
   * @param saved null for the empty one.
   * @param newest what was at hand of its history.
   */
  static asSaved(
    saved: Uint8Array | null,
    live: LiveValues,
    heads: readonly string[],
    newest?: NewestHistory,
  ): RecordDocument {
    const shared = sharedHistory({ saved })
    if (newest !== undefined) putNewest(shared, newest)
    return new RecordDocument(shared, live, heads)
  }

  /** @throws whatever the library throws on bytes that it has not saved. */
  static load(saved: Uint8Array): RecordDocument {
    const library = LibraryDocument.load(saved)
    const live = library.changes().reduce((values, change) => values.after(change), new LiveValues())
    return new RecordDocument(sharedHistory({ library, saved }), live, library.heads)
  }

  /** The root's keys. */
  get keys(): readonly string[] {
    return this.live.keys(ROOT)
  }

  /** What stands under a key of the root, as the library hands it out; undefined if nothing does. */
  value(key: string): unknown {
    if (!this.#values.has(key)) this.#values.set(key, this.#read(key))
    return this.#values.get(key)
  }

  /** The field as readers see it; see `readField`. Of a large set or map what has changed is read. */
  field(key: string, spec: FieldSpec): Json {
    const { value, shown } = this.#shown.read(this.live, key, spec, () => this.value(key))
    this.#shown = shown
    return value
  }

  /** What stood there at an earlier point of history. */
  valueAt(heads: readonly string[], key: string): unknown {
    return sameHeads(heads, this.heads) ? this.value(key) : this.#library.value(key, heads)
  }

  /** A change of its history. */
  change(hash: string): DecodedChange | undefined {
    const bytes = this.#shared.recent.find(hash)
    return bytes === undefined ? this.#library.change(hash) : decodeChange(bytes)
  }

  /** The same as bytes. */
  bytesOf(hash: string): Uint8Array | undefined {
    return this.#shared.recent.find(hash) ?? this.#library.bytesOf(hash)
  }

  /** What is to be at hand of its history when it is made again. */
  get newestHistory(): NewestHistory {
    return newestOf(this.#shared)
  }

  /** A scalar that was overwritten lately. */
  overwritten(opId: string): LiveOp | undefined {
    return this.#shared.overwritten.find(opId)?.op
  }

  /** What was in force at an earlier point at which a change was made lately. */
  pastAt(heads: readonly string[]): LiveValues | undefined {
    return this.#shared.past.find(heads)
  }

  /** The operation with this id, if what it put there is in force or was so until lately; undefined if that is not known. */
  opAtHand(opId: string, objectId: string, key: string | undefined): OpInForce | undefined {
    const inForce = opInForce(this.live, opId, objectId, key)
    const before = inForce === undefined ? this.#shared.overwritten.find(opId) : undefined
    return before === undefined ? inForce : writtenOp(before.op, before)
  }

  /**
   * The document with a change whose dependencies it has.
   * @param keys of the root to which it writes.
   */
  with(bytes: Uint8Array, decoded: DecodedChange, keys: ReadonlySet<string>): RecordDocument {
    if (!this.#isNewest) return this.#fork().with(bytes, decoded, keys)
    this.#shared.since.push(bytes)
    this.#shared.recent.keep(decoded.hash, bytes)
    return this.#followed(decoded, keys)
  }

  /** Has the library take in what waits. @throws whatever it throws. */
  takeIn(): void {
    void this.#library
  }

  /** Makes a change, which it does not have itself; null if it writes nothing. A large one takes more than one step. */
  *author(authoring: Authoring, write: Writing): PlanSteps<AuthoredChange | null> {
    const at = authoring.at === null || sameHeads(authoring.at, this.heads) ? null : authoring.at
    const { past } = this.#shared
    const live = at === null ? this.live : (past.find(at) ?? (yield* authoring.valuesThere()))
    const ops = live === null ? null : yield* recordOps(live, authoring, write)
    if (ops === null)
      return at === null
        ? this.#authorInLibrary(authoring, withoutPauses(write))
        : this.#library.authorInThePast(authoring, at, withoutPauses(write))
    if (ops.length === 0 && !authoring.joins) return null
    if (ops.length > LARGE_OPS_MIN) yield
    const { actor, seq, startOp, time, message = null } = authoring
    const deps = [...(at ?? this.heads)].sort()
    const made = encodeChange({ actor, seq, startOp, time, message, deps, ops: [...ops] })
    if (at !== null && live !== null) past.move(at, [made.decoded.hash], live.after(made.decoded))
    return made
  }

  /** All of its history. A document that nobody has needed the library's for does not keep it afterwards. */
  save(): Uint8Array {
    if (!this.#isNewest) return this.#fork().save()
    const shared = this.#shared
    if (shared.saved && shared.since.length === 0) return shared.saved
    const wasHere = shared.library !== null
    const saved = this.#library.save()
    Object.assign(shared, { saved, since: [], taken: 0 })
    if (!wasHere) this.free()
    return saved
  }

  /** All of its history as chunks of the library's format, of which the first may be a whole document. */
  chunks(): readonly Uint8Array[] {
    const { saved, since } = this.#shared
    if (!this.#isNewest || saved === undefined) return [this.save()]
    return saved === null ? [...since] : [saved, ...since]
  }

  /**
   * Its history, for somebody else to save.
   * @returns what there is, and what is to be called with the document that it makes: later ones build on that.
   */
  lend(): LentDocument {
    if (!this.#isNewest || this.#shared.saved === undefined)
      return { saved: this.save(), changes: [], giveBack: () => undefined }
    const shared = this.#shared
    const { saved: before, since } = shared
    const count = since.length
    const giveBack = (saved: Uint8Array): void => {
      // It was saved here meanwhile.
      if (shared.saved !== before || shared.since !== since) return
      // What it has not taken in of them it will not be given again.
      if (shared.taken < count) shared.library?.apply(since.slice(shared.taken, count))
      const taken = shared.library === null ? 0 : Math.max(shared.taken, count) - count
      Object.assign(shared, { saved, since: since.slice(count), taken })
    }
    return { saved: before ?? null, changes: since.slice(), giveBack }
  }

  /** The library's document is in memory. */
  get isAwake(): boolean {
    return this.#shared.library !== null
  }

  /** What is held of its newest changes, and of what they have overwritten. */
  get recentBytes(): number {
    return this.#shared.recent.bytes + this.#shared.overwritten.bytes
  }

  /** Both have come of one document. */
  isOf(other: RecordDocument): boolean {
    return this.#shared === other.#shared
  }

  /** Frees the library's document, and with it all that have come of it. */
  free(): void {
    this.#shared.library?.free()
    this.#shared.library = null
    this.#shared.taken = 0
  }

  get #isNewest(): boolean {
    return this.#shared.newest === this
  }

  /** The library's document, with all changes of the newest that has come of this. */
  get #library(): LibraryDocument {
    const shared = this.#shared
    shared.library ??= shared.saved ? LibraryDocument.load(shared.saved) : LibraryDocument.empty()
    if (shared.taken < shared.since.length) shared.library.apply(shared.since.slice(shared.taken))
    shared.taken = shared.since.length
    return shared.library
  }

  #read(key: string): unknown {
    const value = this.live.value(ROOT, key)
    if (value !== ELSEWHERE) return value
    return this.#library.value(key, this.#isNewest ? undefined : this.heads)
  }

  /** Lists and texts are changed in the library's document, which then takes the change for known when it comes. */
  #authorInLibrary(authoring: Authoring, write: (root: Target) => void): AuthoredChange | null {
    const { actor } = authoring
    const library = this.#library
    if (!this.#isNewest) return library.authorInThePast(authoring, this.heads, write)
    if (library.actor === actor) return library.author(authoring, write)
    const own = library.fork(actor)
    library.free()
    this.#shared.library = own
    return own.author(authoring, write)
  }

  /** A document of its own that says the same. */
  #fork(): RecordDocument {
    const library = this.#library.fork(undefined, this.#isNewest ? undefined : this.heads)
    return new RecordDocument(
      sharedHistory({ library, saved: undefined }),
      this.live,
      this.heads,
      new Map(this.#values),
      this.#shown,
    )
  }

  /** The document that this one has just become. */
  #followed(decoded: DecodedChange, keys: ReadonlySet<string>): RecordDocument {
    const { hash, deps } = decoded
    const heads = [...this.heads.filter((head) => !deps.includes(head)), hash].sort()
    const values = this.#values
    this.#values = new Map()
    for (const key of keys) values.delete(key)
    for (const value of this.live.overwrittenBy(decoded)) this.#shared.overwritten.keep(idOf(value.op), value)
    const live = this.live.after(decoded)
    return new RecordDocument(this.#shared, live, heads, values, this.#shown.after(live, decoded, keys))
  }
}
