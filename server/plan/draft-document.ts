/** The document of a draft: as it becomes, change by change, with what these were. */
import type { DecodedChange } from '@automerge/automerge'
import type { Json } from '../../shared/json.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { LiveOp, LiveValues } from './live-values.ts'
import type { OpInForce } from './op-in-force.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { AuthoredChange, Authoring, RecordDocument, Writing } from './record-document.ts'

export class DraftDocument {
  readonly #origin: RecordDocument
  #document: RecordDocument
  /** Changes that this draft has made or taken in, by hash. */
  readonly #changes = new Map<string, DecodedChange>()

  constructor(origin: RecordDocument) {
    this.#origin = origin
    this.#document = origin
  }

  get heads(): readonly string[] {
    return this.#document.heads
  }

  get keys(): readonly string[] {
    return this.#document.keys
  }

  value(key: string): unknown {
    return this.#document.value(key)
  }

  /** See `RecordDocument.field`. */
  field(key: string, spec: FieldSpec): Json {
    return this.#document.field(key, spec)
  }

  get live(): LiveValues {
    return this.#document.live
  }

  /** See `RecordDocument.overwritten`. */
  overwritten(opId: string): LiveOp | undefined {
    return this.#document.overwritten(opId)
  }

  /** See `RecordDocument.pastAt`. */
  pastAt(heads: readonly string[]): LiveValues | undefined {
    return this.#document.pastAt(heads)
  }

  valueAt(heads: readonly string[], key: string): unknown {
    return this.#document.valueAt(heads, key)
  }

  change(hash: string): DecodedChange | undefined {
    return this.#changes.get(hash) ?? this.#document.change(hash)
  }

  /** See `RecordDocument.opAtHand`. */
  opAtHand(opId: string, objectId: string, key: string | undefined): OpInForce | undefined {
    return this.#document.opAtHand(opId, objectId, key)
  }

  /**
   * Takes in a change whose dependencies it has.
   * @param keys of the root to which it writes.
   */
  enter(bytes: Uint8Array, decoded: DecodedChange, keys: ReadonlySet<string>): void {
    this.#replace(this.#document.with(bytes, decoded, keys))
    this.#changes.set(decoded.hash, decoded)
  }

  /**
   * As `enter`, for a change that was made elsewhere: if it writes to more than maps of scalars, the library has it before
   * anybody is told that it is stored.
   * @throws whatever the library throws.
   */
  enterForeign(bytes: Uint8Array, decoded: DecodedChange, keys: ReadonlySet<string>): void {
    const isKnown = this.#document.live.knows(decoded)
    this.enter(bytes, decoded, keys)
    if (!isKnown) this.#document.takeIn()
  }

  /** Makes a change, which is to enter then; null if it writes nothing. */
  author(authoring: Authoring, write: Writing): PlanSteps<AuthoredChange | null> {
    return this.#document.author(authoring, write)
  }

  /** The document with all that has entered. */
  get whole(): RecordDocument {
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
}
