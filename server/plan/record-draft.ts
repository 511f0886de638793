/**
 * The planner's worksheet: a record's state while one plan is being made. It starts as a copy that shares
 * what it does not change, so the state it came from stays as it was whatever becomes of the plan.
 */

import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { Json } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import { COLLECTION_KEY, DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import type { RecordDoc } from './automerge-values.ts'
import { readField } from './automerge-values.ts'
import type { AuthorBinding, JournalEntry } from './plan.ts'
import type { FrontierWrite, RecordState } from './record-state.ts'

/** `_deleted` is judged like any other register. */
const DELETED_SPEC: FieldSpec = {
  kind: 'boolean',
  critical: null,
  required: false,
  default: undefined,
  values: [],
  item: null,
}

export class RecordDraft {
  readonly origin: RecordState
  readonly graph: CausalGraph
  readonly objects: Map<string, string>
  readonly frontiers: Map<string, readonly FrontierWrite[]>
  readonly conflicts: Map<string, Conflict>
  readonly bindings: Map<string, string>

  readonly journal: JournalEntry[] = []
  readonly newBindings: AuthorBinding[] = []
  readonly lines: FieldChange[] = []
  /** Fields whose visible value may differ from what it ought to be: `settle` looks at them. */
  readonly touched = new Set<string>()
  /** Fields that must be put back to a value, because what was written may not stand. */
  readonly restored = new Map<string, Json>()
  /** Fields whose conflict this plan opens or changes. */
  readonly disputed = new Set<string>()

  #doc: RecordDoc

  constructor(state: RecordState) {
    this.origin = state
    this.graph = state.graph.fork()
    this.objects = new Map(state.objects)
    this.frontiers = new Map(state.frontiers)
    this.conflicts = new Map(state.conflicts)
    this.bindings = new Map(state.bindings)
    this.#doc = Automerge.clone(state.doc)
  }

  get doc(): RecordDoc {
    return this.#doc
  }

  get heads(): readonly string[] {
    return Automerge.getHeads(this.#doc)
  }

  /** The record exists for readers: it has been created and is not deleted. */
  get exists(): boolean {
    return this.#doc[COLLECTION_KEY] !== undefined && this.#doc[DELETED_KEY] !== true
  }

  specOf(field: string): FieldSpec | undefined {
    return field === DELETED_KEY ? DELETED_SPEC : this.origin.collection.fields.get(field)
  }

  /** The field's value as the document shows it now. */
  valueOf(field: string, spec: FieldSpec): Json {
    return readField(spec, this.#doc[field])
  }

  /** The field's value at an earlier point of history; null before there was one. */
  valueAt(heads: readonly string[], field: string, spec: FieldSpec): Json {
    return heads.length === 0 ? null : readField(spec, this.rawAt(heads, field))
  }

  rawAt(heads: readonly string[], field: string): unknown {
    return Automerge.view(this.#doc, [...heads])[field]
  }

  /** The change of this record that contains the operation `counter@actor`. */
  changeWithOp(counter: number, actor: string): DecodedChange | undefined {
    const node = this.graph.changeWithOp(counter, actor)
    return node === undefined ? undefined : (Automerge.inspectChange(this.#doc, node.hash) ?? undefined)
  }

  /** Highest operation counter of the record: operations count on from all that a change builds on. */
  get lastOp(): number {
    return Math.max(0, ...this.heads.map((head) => this.graph.maxOp(head)))
  }

  /** Makes the document write under this actor. */
  writeAs(actor: string): void {
    if (Automerge.getActorId(this.#doc) === actor) return
    const copy = Automerge.clone(this.#doc, { actor })
    Automerge.free(this.#doc)
    this.#doc = copy
  }

  /** Applies foreign bytes. */
  apply(bytes: Uint8Array): void {
    const [doc] = Automerge.applyChanges(this.#doc, [bytes])
    this.#doc = doc
  }

  /** Takes over the document in which a change has been authored. */
  replaceDoc(doc: RecordDoc): void {
    this.#doc = doc
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
    })
    this.journal.push(entry)
  }

  bind(author: string, subject: string): void {
    if (this.bindings.has(author)) return
    this.bindings.set(author, subject)
    this.newBindings.push({ author, subject })
  }

  setConflict(field: string, conflict: Conflict): void {
    this.conflicts.set(field, conflict)
    this.disputed.add(field)
    this.touched.add(field)
  }

  /** Frees the document of a draft that will not become a state. */
  discard(): void {
    Automerge.free(this.#doc)
  }

  /** The state after this draft. */
  finish(): RecordState {
    const { snapshot } = this.origin
    const journaled = this.journal.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    return {
      ...this.origin,
      snapshot: { ...snapshot, tailBytes: snapshot.tailBytes + journaled },
      version: this.origin.version + this.journal.length,
      doc: this.#doc,
      graph: this.graph,
      objects: this.objects,
      frontiers: this.frontiers,
      conflicts: this.conflicts,
      bindings: this.bindings,
      createdAt: this.origin.createdAt ?? this.journal[0]?.origin.receivedAt ?? null,
    }
  }
}
