/**
 * A record's Automerge document as the planner sees it: a value that stays as it is, while what is written to it gives
 * another. All that come of one document share the library's, which changes in place: the newest reads it as it is, and
 * those before it at the heads that they had. So a plan costs no copy, and one that comes to nothing leaves no trace.
 *
 * Values are read from the library's own store, one key at a time, and never from the JavaScript document that it keeps
 * up to date by patches: that misses a value which a delete uncovers (observed on Automerge 3.5), and making it costs
 * more than most changes do.
 */
import type { DecodedChange, SyncMessage, SyncState } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'

type Root = Automerge.Doc<Record<string, unknown>>
type Handle = ReturnType<typeof Automerge.getBackend>

/** What the documents share that have come of one another. */
interface Shared {
  readonly handle: Handle
  /** The library's document. Its JavaScript values are only as new as the last `show`. */
  root: Root
  isShown: boolean
  newest: RecordDocument | null
}

export interface AuthoredChange {
  readonly bytes: Uint8Array
  readonly decoded: DecodedChange
}

export interface Authoring {
  readonly actor: string
  /** Heads at which the change is made; null for those of the document. */
  readonly at: readonly string[] | null
  /** Seconds since 1970. */
  readonly time: number
  readonly message: string | undefined
}

/** An object inside a change callback. */
export type Target = Record<string, unknown>

/** Root keys that a change writes to, itself or an object below them. */
export type KeysOf = (change: DecodedChange) => Iterable<string>

export class RecordDocument {
  readonly #shared: Shared
  /** What has been read so far, by root key. It goes to the document that follows. */
  #values: Map<string, unknown>
  #heads: readonly string[] | null = null

  private constructor(shared: Shared, values: Map<string, unknown>) {
    this.#shared = shared
    this.#values = values
    shared.newest = this
  }

  static empty(): RecordDocument {
    return new RecordDocument(shareOf(Automerge.init<Record<string, unknown>>(), true), new Map())
  }

  /** @throws whatever the library throws on bytes that it has not saved. */
  static load(saved: Uint8Array): RecordDocument {
    return new RecordDocument(shareOf(Automerge.load<Record<string, unknown>>(saved), true), new Map())
  }

  get heads(): readonly string[] {
    this.#heads ??= this.#shared.handle.getHeads()
    return this.#heads
  }

  /** The root's keys. */
  get keys(): readonly string[] {
    const place = this.#place
    return place?.length === 0 ? [] : this.#shared.handle.keys(ROOT, place)
  }

  /** What stands under a key of the root, as the library hands it out; undefined if nothing does. */
  value(key: string): unknown {
    if (!this.#values.has(key)) this.#values.set(key, valueIn(this.#shared.handle, key, this.#place))
    return this.#values.get(key)
  }

  /** What stood there at an earlier point of history. */
  valueAt(heads: readonly string[], key: string): unknown {
    return valueIn(this.#shared.handle, key, [...heads])
  }

  /** A change of its history. */
  change(hash: string): DecodedChange | undefined {
    return Automerge.inspectChange(this.#shared.root, hash) ?? undefined
  }

  /**
   * The document with foreign changes, whose dependencies it has.
   * @param keys of the root to which they write.
   */
  with(changes: readonly Uint8Array[], keys: Iterable<string>): RecordDocument {
    if (!this.#isNewest) return this.#fork(undefined).with(changes, keys)
    const { handle } = this.#shared
    const { heads } = this
    // Without a place to start from the library takes no notes for patches.
    handle.resetDiffCursor()
    this.#shared.isShown = false
    handle.applyChanges([...changes])
    return this.#followed(heads, keys)
  }

  /** Makes a change; null if it writes nothing. */
  author(
    authoring: Authoring,
    keysOf: KeysOf,
    write: (root: Target) => void,
  ): { readonly document: RecordDocument; readonly change: AuthoredChange } | null {
    const { at, actor } = authoring
    if (at !== null && !sameHeads(at, this.heads)) return this.#authorInThePast(authoring, at, keysOf, write)
    if (!this.#isNewest || Automerge.getActorId(this.#shared.root) !== actor) {
      const fork = this.#fork(actor)
      const made = fork.author({ ...authoring, at: null }, keysOf, write)
      if (made === null) fork.free()
      return made
    }
    const { heads } = this
    const shown = show(this.#shared)
    this.#shared.root = Automerge.change(shown, optionsOf(authoring), write)
    if (sameHeads(heads, this.#shared.handle.getHeads())) return null
    const change = lastChange(this.#shared.root)
    return { document: this.#followed(heads, keysOf(change.decoded)), change }
  }

  /**
   * The library's document shows list items twice after `changeAt` (observed on Automerge 3.5: its patches from the
   * past are applied on top of the present), so the change is made on a copy, and applied like one of a client's.
   */
  #authorInThePast(
    authoring: Authoring,
    at: readonly string[],
    keysOf: KeysOf,
    write: (root: Target) => void,
  ): ReturnType<RecordDocument['author']> {
    const copy = this.#fork(authoring.actor)
    const shown = show(copy.#shared)
    const { newDoc, newHeads } = Automerge.changeAt(shown, [...at], optionsOf(authoring), write)
    const change = newHeads === null ? null : lastChange(newDoc)
    Automerge.free(newDoc)
    if (change === null) return null
    return { document: this.with([change.bytes], keysOf(change.decoded)), change }
  }

  /** What the library's sync protocol wants to tell a peer now. */
  syncMessage(sync: SyncState): [SyncState, SyncMessage | null] {
    return Automerge.generateSyncMessage(this.#shared.root, sync)
  }

  /** Takes in a message of the sync protocol that carries no changes: what a peer has and lacks. */
  receiveSync(sync: SyncState, withoutChanges: SyncMessage): SyncState {
    const { handle, root, isShown } = this.#shared
    // Or the library would bring up to date what nobody reads.
    if (!isShown) handle.updateDiffCursor()
    const [received, next] = Automerge.receiveSyncMessage(root, sync, withoutChanges)
    this.#shared.root = received
    return next
  }

  save(): Uint8Array {
    return this.#shared.handle.save()
  }

  /** Both have come of one document. */
  isOf(other: RecordDocument): boolean {
    return this.#shared === other.#shared
  }

  /** Frees the library's document, and with it all that have come of it. */
  free(): void {
    Automerge.free(this.#shared.root)
  }

  get #isNewest(): boolean {
    return this.#shared.newest === this
  }

  /** Where in the library's document to read; undefined for the present. */
  get #place(): string[] | undefined {
    return this.#isNewest ? undefined : [...this.heads]
  }

  /** A document of its own that says the same. */
  #fork(actor: string | undefined): RecordDocument {
    const { root, isShown } = this.#shared
    const options = actor === undefined ? {} : { actor }
    const place = this.#place
    if (place?.length === 0)
      return new RecordDocument(shareOf(Automerge.init<Record<string, unknown>>(options), true), new Map())
    const copy = Automerge.clone(place === undefined ? root : Automerge.view(root, place), options)
    return new RecordDocument(shareOf(copy, place !== undefined || isShown), new Map(this.#values))
  }

  /** The document that the library's has just become. */
  #followed(heads: readonly string[], keys: Iterable<string>): RecordDocument {
    this.#heads = heads
    const values = this.#values
    this.#values = new Map()
    for (const key of keys) values.delete(key)
    return new RecordDocument(this.#shared, values)
  }
}

const ROOT = '_root'

const shareOf = (root: Root, isShown: boolean): Shared => ({
  handle: Automerge.getBackend(root),
  root,
  isShown,
  newest: null,
})

/** Brings the JavaScript values up to date, which the library needs to have a change made on them. */
function show(shared: Shared): Root {
  const { handle } = shared
  if (!shared.isShown)
    // As the library makes the document of what it has loaded.
    shared.root = handle.materialize('/', undefined, { handle, heads: undefined, freeze: false }) as Root
  shared.isShown = true
  return shared.root
}

function valueIn(handle: Handle, key: string, heads: string[] | undefined): unknown {
  // The library would take no heads for the present.
  const found = heads?.length === 0 ? null : handle.getWithType(ROOT, key, heads)
  if (found === null || found === undefined) return undefined
  const [type, value] = found
  switch (type) {
    case 'map':
    case 'list':
      return handle.materialize(value, heads)
    case 'text':
      return handle.text(value, heads)
    case 'str':
      return new Automerge.ImmutableString(value)
    case 'counter':
      return new Automerge.Counter(value)
    default:
      return value
  }
}

function lastChange(root: Root): AuthoredChange {
  const bytes = Automerge.getLastLocalChange(root)
  if (bytes === undefined) throw new RangeError('a change without bytes')
  return { bytes, decoded: Automerge.decodeChange(bytes) }
}

const optionsOf = ({ time, message }: Authoring): Automerge.ChangeOptions<Record<string, unknown>> =>
  message === undefined ? { time } : { time, message }

const sameHeads = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((head) => b.includes(head))
