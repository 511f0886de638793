/**
 * The library's document of a record, which changes in place. Values are read from the library's own store, one key at a
 * time, and never from the JavaScript document that it keeps up to date by patches: that misses a value which a delete
 * uncovers (observed on Automerge 3.5), and making it costs more than most changes do.
 */
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import { ROOT } from './live-values.ts'
import type { AuthoredChange, Authoring, Target } from './record-document.ts'

type Root = Automerge.Doc<Record<string, unknown>>
type Handle = ReturnType<typeof Automerge.getBackend>

export class LibraryDocument {
  readonly #handle: Handle
  /** Its JavaScript values are only as new as the last `#show`. */
  #root: Root
  #isShown: boolean

  private constructor(root: Root, isShown: boolean) {
    this.#handle = Automerge.getBackend(root)
    this.#root = root
    this.#isShown = isShown
  }

  static empty(): LibraryDocument {
    return new LibraryDocument(Automerge.init<Record<string, unknown>>(), true)
  }

  /** @throws whatever the library throws on bytes that it has not saved. */
  static load(saved: Uint8Array): LibraryDocument {
    return new LibraryDocument(Automerge.load<Record<string, unknown>>(saved), true)
  }

  get heads(): readonly string[] {
    return this.#handle.getHeads()
  }

  get actor(): string {
    return Automerge.getActorId(this.#root)
  }

  /** What stands under a key of the root, now or at an earlier point of history; undefined if nothing does. */
  value(key: string, heads?: readonly string[]): unknown {
    return valueIn(this.#handle, key, heads === undefined ? undefined : [...heads])
  }

  /** A change of its history. */
  change(hash: string): DecodedChange | undefined {
    return Automerge.inspectChange(this.#root, hash) ?? undefined
  }

  /** The same as bytes. */
  bytesOf(hash: string): Uint8Array | undefined {
    return this.#handle.getChangeByHash(hash) ?? undefined
  }

  /** All changes of its history, each after those that it builds on. */
  changes(): readonly DecodedChange[] {
    return Automerge.getAllChanges(this.#root).map(Automerge.decodeChange)
  }

  /** Takes in changes whose dependencies it has. */
  apply(changes: readonly Uint8Array[]): void {
    // Without a place to start from the library takes no notes for patches.
    this.#handle.resetDiffCursor()
    this.#isShown = false
    this.#handle.applyChanges([...changes])
  }

  /** Makes a change at its present, under its own actor; null if it writes nothing. */
  author(authoring: Authoring, write: (root: Target) => void): AuthoredChange | null {
    const before = this.heads
    this.#root = Automerge.change(this.#show(), optionsOf(authoring), write)
    return sameHeads(before, this.heads) ? null : lastChange(this.#root)
  }

  /**
   * Makes a change at an earlier point of history, on a copy: this document does not have it afterwards. For the library's
   * document shows list items twice after `changeAt` (observed on Automerge 3.5: its patches from the past are applied
   * on top of the present).
   */
  authorInThePast(
    authoring: Authoring,
    at: readonly string[],
    write: (root: Target) => void,
  ): AuthoredChange | null {
    const copy = this.fork(authoring.actor)
    const { newDoc, newHeads } = Automerge.changeAt(copy.#show(), [...at], optionsOf(authoring), write)
    const change = newHeads === null ? null : lastChange(newDoc)
    Automerge.free(newDoc)
    return change
  }

  save(): Uint8Array {
    return this.#handle.save()
  }

  /** A document of its own that says the same, or what this one said at an earlier point. */
  fork(actor: string | undefined, at?: readonly string[]): LibraryDocument {
    const options = actor === undefined ? {} : { actor }
    if (at?.length === 0) return new LibraryDocument(Automerge.init<Record<string, unknown>>(options), true)
    const copy = Automerge.clone(at === undefined ? this.#root : Automerge.view(this.#root, [...at]), options)
    return new LibraryDocument(copy, at !== undefined || this.#isShown)
  }

  free(): void {
    Automerge.free(this.#root)
  }

  /** Brings the JavaScript values up to date, which the library needs to have a change made on them. */
  #show(): Root {
    const handle = this.#handle
    if (!this.#isShown)
      // As the library makes the document of what it has loaded.
      this.#root = handle.materialize('/', undefined, { handle, heads: undefined, freeze: false }) as Root
    this.#isShown = true
    return this.#root
  }
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

export const sameHeads = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((head) => b.includes(head))
