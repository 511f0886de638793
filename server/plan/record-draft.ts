/**
 * The planner's worksheet: a record's state while one plan is being made. It starts as a copy that shares
 * what it does not change, so the state it came from stays as it was whatever becomes of the plan. Each compartment
 * of the record has a draft of its own, which is a part of the main one; they share what is told of the record.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import { deadLetterKey, isDeadLetter } from '../../shared/conflicts/dead-letter.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import { COLLECTION_KEY, DELETED_KEY, isReservedKey } from '../../shared/record/reserved-keys.ts'
import { compartmentOf, compartmentsOf, MAIN } from '../../shared/schema/compartments.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Unit } from '../../shared/schema/unit.ts'
import { unitOf, unitsOf } from '../../shared/schema/unit.ts'
import { readField } from './automerge-values.ts'
import type { ConflictStep } from './conflict-steps.ts'
import { stepsSince } from './conflict-steps.ts'
import { DraftDocument } from './draft-document.ts'
import { EarlierPoints } from './earlier-points.ts'
import { homeAmong } from './home-of.ts'
import type { LayeredMap } from './layered-map.ts'
import type { AuthorBinding, JournalEntry, OutboxEvent } from './plan.ts'
import type { FrontierWrite, RecordState, SeenWrite } from './record-state.ts'
import { emptyRecordState } from './record-state.ts'
import { lastingUnit } from './rekey-units.ts'

export class RecordDraft {
  readonly origin: RecordState
  readonly graph: CausalGraph
  readonly objects: LayeredMap<string, string>
  /** By unit key, as are `conflicts`, `touched`, `restored` and `disputed`. */
  readonly frontiers: LayeredMap<string, readonly FrontierWrite[]>
  readonly conflicts: LayeredMap<string, Conflict>
  readonly entered: LayeredMap<string, readonly SeenWrite[]>
  readonly bindings: LayeredMap<string, string>

  /** The draft of the record's main document: this one, unless this is that of another compartment. */
  readonly whole: RecordDraft
  /** Entries of this document. */
  readonly journal: JournalEntry[] = []
  /** Entries of all of the record's documents, in the order in which they were made; shared by all of its drafts. */
  readonly entries: JournalEntry[]
  readonly newBindings: AuthorBinding[]
  readonly lines: FieldChange[]
  /** Units whose visible value may differ from what it ought to be: `settle` looks at them. */
  readonly touched = new Set<string>()
  /** Units that must be put back to a value, because what was written may not stand. */
  readonly restored = new Map<string, Json>()
  /** Units whose conflict this plan opens or changes and the document does not tell of yet. */
  readonly disputed = new Set<string>()
  /** Every conflict that this plan opens or changes, by id, as it is after it. */
  readonly changedConflicts: Map<string, Conflict>
  /** What this plan makes happen to conflicts, in its order. */
  readonly conflictSteps: ConflictStep[]
  /** Events that go out with this plan. */
  readonly events: OutboxEvent[]
  heldEvents: readonly OutboxEvent[]
  /** The collection as it was declared when the entry under judgement was committed. */
  collection: CollectionSpec
  readonly doc: DraftDocument

  readonly #parts = new Map<string, RecordDraft>()
  readonly #points = new EarlierPoints(this)

  /** Names the store in what is written under the server's own actors; empty where nothing is written. */
  readonly storageId: string

  /** @param whole the draft of the main document, if this is to be that of another compartment. */
  constructor(state: RecordState, storageId = '', whole?: RecordDraft) {
    this.origin = state
    this.storageId = storageId
    this.whole = whole ?? this
    this.collection = state.collection
    this.graph = state.graph.fork()
    this.objects = state.objects.fork()
    this.frontiers = state.frontiers.fork()
    this.conflicts = state.conflicts.fork()
    this.entered = state.entered.fork()
    this.heldEvents = state.heldEvents
    this.bindings = whole?.bindings ?? state.bindings.fork()
    this.entries = whole?.entries ?? []
    this.newBindings = whole?.newBindings ?? []
    this.lines = whole?.lines ?? []
    this.changedConflicts = whole?.changedConflicts ?? new Map()
    this.conflictSteps = whole?.conflictSteps ?? []
    this.events = whole?.events ?? []
    this.doc = new DraftDocument(state.doc)
  }

  /** The record has, or is to have, more than its main document. */
  get isDivided(): boolean {
    const { origin } = this.whole
    return (
      origin.compartments.size > 0 ||
      this.whole.#parts.size > 0 ||
      compartmentsOf(origin.collection).length > 0
    )
  }

  /** The drafts of all documents that there are or that the schema asks for, the main one first, the others by name. */
  get documents(): readonly RecordDraft[] {
    const { whole } = this
    if (!whole.isDivided) return [whole]
    const { compartments, collection } = whole.origin
    const names = new Set([...compartments.keys(), ...whole.#parts.keys(), ...compartmentsOf(collection)])
    return [whole, ...[...names].sort().map((name) => whole.part(name))]
  }

  /** The draft of one compartment's document. */
  part(compartment: string): RecordDraft {
    const { whole } = this
    const { key, collection, compartments, epoch } = whole.origin
    if (compartment === whole.origin.compartment) return whole
    const known = whole.#parts.get(compartment)
    if (known !== undefined) return known
    const state = compartments.get(compartment) ?? emptyRecordState(key, collection, { compartment, epoch })
    const part = new RecordDraft(state, whole.storageId, whole)
    whole.#parts.set(compartment, part)
    return part
  }

  /** The draft of the document in which the field lives, or is to live. */
  homeOf(field: string): RecordDraft {
    const { whole } = this
    if (!whole.isDivided || isReservedKey(field)) return whole
    const { collection } = whole.origin
    return homeAmong(whole.documents, collection, field) ?? whole.part(compartmentOf(collection, field))
  }

  /** What of these heads are of this document: an author who names none of them has seen nothing of it. */
  seenOf(saw: readonly string[] | null): readonly string[] | null {
    return saw === null || !this.isDivided ? saw : saw.filter((head) => this.graph.has(head))
  }

  get heads(): readonly string[] {
    return this.doc.heads
  }

  /** The record exists for readers: it has been created and is not deleted. */
  get exists(): boolean {
    const { doc } = this.whole
    return doc.value(COLLECTION_KEY) !== undefined && doc.value(DELETED_KEY) !== true
  }

  /** The record existed for an author who had seen this much; false if he does not say. */
  existedAt(named: readonly string[] | null): boolean {
    if (this !== this.whole) return this.whole.existedAt(named)
    const saw = this.seenOf(named)
    if (saw === null || saw.length === 0 || !saw.every((head) => this.graph.has(head))) return false
    return this.rawAt(saw, COLLECTION_KEY) !== undefined && this.rawAt(saw, DELETED_KEY) !== true
  }

  unitOf(field: string): Unit {
    return this.#lastingUnits.find(({ fields }) => fields.includes(field)) ?? unitOf(this.collection, field)
  }

  /** What is decided as one: by the schema, but for what is still disputed as it was before the schema changed. */
  get units(): readonly Unit[] {
    const lasting = this.#lastingUnits
    const declared = unitsOf(this.collection)
    if (lasting.length === 0) return declared
    const taken = new Set(lasting.flatMap(({ fields }) => fields))
    return [...declared.filter(({ fields }) => !fields.some((field) => taken.has(field))), ...lasting]
  }

  get #lastingUnits(): readonly Unit[] {
    return [...this.conflicts.keys()].flatMap((key) => lastingUnit(this, key) ?? [])
  }

  specOf(field: string): FieldSpec | undefined {
    return field === DELETED_KEY ? this.unitOf(field).spec : this.collection.fields.get(field)
  }

  /** The field's value as the document shows it now. */
  valueOf(field: string, spec: FieldSpec): Json {
    return this.doc.field(field, spec)
  }

  /** The unit's value as the document shows it now. */
  unitValue(unit: Unit): Json {
    return this.#unitValueIn(unit, (field, spec) => this.doc.field(field, spec))
  }

  /** The unit's value at an earlier point of history. */
  unitValueAt(heads: readonly string[], unit: Unit): Json {
    return this.#unitValueIn(unit, (field, spec) => readField(spec, this.rawAt(heads, field)))
  }

  /** What stood there at an earlier point of history, as the library hands it out. */
  rawAt(heads: readonly string[], field: string): unknown {
    return this.#points.valueAt(heads, field)
  }

  /** The change of this record that contains the operation `counter@actor`. */
  changeWithOp(counter: number, actor: string): DecodedChange | undefined {
    const node = this.graph.changeWithOp(counter, actor)
    return node === undefined ? undefined : this.doc.change(node.hash)
  }

  /** Highest operation counter of the record: operations count on from all that a change builds on. */
  get lastOp(): number {
    return Math.max(0, ...this.heads.map((head) => this.graph.maxOp(head)))
  }

  /** Enters an applied change into the ancestry and the journal. */
  record(decoded: DecodedChange, entry: JournalEntry): void {
    this.graph.add({
      hash: decoded.hash,
      actor: decoded.actor,
      seq: decoded.seq,
      startOp: decoded.startOp,
      opCount: decoded.ops.length,
      deps: decoded.deps,
      time: editedAt(entry),
    })
    this.append(entry)
  }

  append(entry: JournalEntry): void {
    const { compartment } = this.origin
    const named = compartment === MAIN ? entry : { ...entry, compartment }
    this.journal.push(named)
    this.entries.push(named)
  }

  bind(author: string, subject: string): void {
    if (this.bindings.has(author)) return
    this.bindings.set(author, subject)
    this.newBindings.push({ author, subject })
  }

  setConflict(unit: Unit, conflict: Conflict): void {
    this.moveConflict(unit.key, conflict)
    this.touched.add(unit.key)
  }

  /** A step in the conflict's life that leaves what is in force alone. */
  moveConflict(key: string, conflict: Conflict): void {
    this.#tell(key, conflict)
    this.conflicts.set(key, conflict)
    this.disputed.add(key)
  }

  /** A dead letter disputes no field: the document does not tell of it. Once it is closed, the inbox alone keeps it. */
  setDeadLetter(conflict: Conflict): void {
    const key = deadLetterKey(conflict)
    this.#tell(key, conflict)
    if (isOpen(conflict)) this.conflicts.set(key, conflict)
    else this.conflicts.delete(key)
  }

  #tell(key: string, conflict: Conflict): void {
    this.conflictSteps.push(...stepsSince(this.conflicts.get(key), conflict))
    this.changedConflicts.set(conflict.id, conflict)
  }

  /** Some field waits for a person. */
  get isDisputed(): boolean {
    return [...this.conflicts.values()].some((conflict) => isOpen(conflict) && !isDeadLetter(conflict))
  }

  /** Frees the documents of a plan that comes to nothing. */
  discard(): void {
    for (const part of this.#parts.values()) part.discard()
    this.doc.discard()
  }

  /** Drafts of the documents that this plan writes to, the main one first. */
  get written(): readonly RecordDraft[] {
    return [this.whole, ...this.whole.#parts.values()].filter(({ journal }) => journal.length > 0)
  }

  /**
   * The document's state after this draft, without those of other compartments.
   * @param chain of its newest entry.
   */
  finish(chain = this.origin.chain): RecordState {
    const { snapshot } = this.origin
    const journaled = this.journal.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    return {
      ...this.origin,
      schema: null,
      snapshot: { ...snapshot, tailBytes: snapshot.tailBytes + journaled },
      version: this.origin.version + this.journal.length,
      chain,
      doc: this.doc.whole,
      graph: this.graph,
      objects: this.objects,
      frontiers: this.frontiers,
      conflicts: this.conflicts,
      entered: this.entered,
      heldEvents: this.heldEvents,
      bindings: this.bindings,
      createdAt: this.origin.createdAt ?? this.journal[0]?.origin.receivedAt ?? null,
    }
  }

  #unitValueIn(unit: Unit, read: (field: string, spec: FieldSpec) => Json): Json {
    const shown = (field: string): Json => {
      const spec = unit.isGroup ? this.collection.fields.get(field) : unit.spec
      return spec === undefined ? null : read(field, spec)
    }
    if (unit.isGroup) return Object.fromEntries(unit.fields.map((field) => [field, shown(field)]))
    return shown(unit.key)
  }
}

/** A claim about the future is cut to the receipt; the server's own changes are as old as what they build on. */
function editedAt({ kind, origin }: JournalEntry): number {
  if (kind === 'genesis' || kind === 'settle') return 0
  const received = Date.parse(origin.receivedAt)
  return origin.claimedAt === null ? received : Math.min(received, Date.parse(origin.claimedAt))
}
