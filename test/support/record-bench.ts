// A record without a server: plans commands one after the other and keeps the journal, so that tests can look
// at plans, and replay them.
import * as Automerge from '@automerge/automerge'
import type { Collection } from 'sluice'
import { collection, defineConfig } from 'sluice'
import { defaultAutomergeLimits } from '../../server/gate/automerge-gate.ts'
import { foldJournal } from '../../server/plan/fold-journal.ts'
import type { ChainedEntry, Plan } from '../../server/plan/plan.ts'
import { planRecord } from '../../server/plan/plan-record.ts'
import type { RecordCommand, RecordOutcome } from '../../server/plan/record-command.ts'
import type { RecordState } from '../../server/plan/record-state.ts'
import { documentOf, documentsOf, emptyRecordState } from '../../server/plan/record-state.ts'
import { viewOf } from '../../server/plan/view-of.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { checkSchema } from '../../shared/schema/check-schema.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { loudAuthorizer } from './loud-authorizer.ts'
import { snapshotOf } from './snapshot-of.ts'

export type Doc = Automerge.Doc<Record<string, unknown>>

type Declared = Collection | Parameters<typeof collection>[0]

/** Of a collection, or of its fields alone. */
export function collectionSpec(declaration: Declared, name = 'things'): CollectionSpec {
  const declared = isCollection(declaration) ? declaration : collection(declaration)
  const checked = checkSchema(defineConfig({ schema: { [name]: declared } }))
  if (!checked.ok) throw new Error(checked.problems.join('\n'))
  const spec = checked.schema.get(name)
  if (spec === undefined) throw new Error('no such collection')
  return spec
}

const isCollection = (declaration: Declared): declaration is Collection =>
  'options' in declaration && 'fields' in declaration && typeof declaration.options === 'object'

export const originOf = (subject: string, minute = 0): Origin => ({
  subject,
  roles: [],
  session: `session-of-${subject}`,
  door: 'rest',
  device: null,
  metadata: {},
  claimedAt: null,
  receivedAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
})

export class RecordBench {
  readonly collection: CollectionSpec
  readonly journal: ChainedEntry[] = []
  readonly lines: FieldChange[] = []
  state: RecordState
  storageId = 'bench'
  #minute = 0

  constructor(declared: Declared) {
    this.collection = collectionSpec(declared)
    this.state = emptyRecordState({ tenant: 'default', collection: 'things', id: '1' }, this.collection)
  }

  run(...commands: RecordCommand[]): { plan: Plan | null; outcomes: readonly RecordOutcome[] } {
    const at = new Date(Date.UTC(2026, 0, 1, 0, this.#minute++)).toISOString()
    const { plan, next, outcomes } = planRecord(this.state, commands, {
      at,
      limits: defaultAutomergeLimits,
      authorizer: loudAuthorizer,
      storageId: this.storageId,
    })
    this.state = next
    if (plan !== null) {
      this.journal.push(...plan.journal)
      this.lines.push(...plan.fieldChanges)
    }
    return { plan, outcomes }
  }

  /** One semantic change; `saw` defaults to the present. */
  write(subject: string, ops: readonly FieldOp[], saw: readonly string[] | null = null): RecordOutcome {
    const intent = this.state.version === 0 ? 'replace' : 'update'
    const origin = originOf(subject, this.#minute)
    const [outcome] = this.run({
      type: 'write',
      intent,
      ops,
      saw,
      strict: false,
      origin,
      keep: null,
    }).outcomes
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }

  set(
    subject: string,
    field: string,
    value: FieldChange['newValue'],
    saw: readonly string[] | null = null,
  ): RecordOutcome {
    return this.write(subject, [{ type: 'set', field, value }], saw)
  }

  /** A client's replica of one of its documents as it is now, writing under an actor of its own. */
  replica(actorDigit: string, compartment = ''): Doc {
    return Automerge.load<Record<string, unknown>>(this.document(compartment).doc.save(), {
      actor: actorDigit.repeat(32),
    })
  }

  /** One of its documents, as a client would open it. */
  doc(compartment = ''): Doc {
    return Automerge.load<Record<string, unknown>>(this.document(compartment).doc.save())
  }

  document(compartment: string): RecordState {
    const document = documentOf(this.state, compartment)
    if (document === undefined) throw new Error(`no compartment ${compartment}`)
    return document
  }

  /** Sends everything that the replica has and the server lacks. */
  push(subject: string, replica: Doc, compartment = '', roles: readonly string[] = []): RecordOutcome {
    const { graph } = this.document(compartment)
    const changes = Automerge.getAllChanges(replica).filter(
      (change) => !graph.has(Automerge.decodeChange(change).hash),
    )
    const origin: Origin = { ...originOf(subject, this.#minute), roles, door: 'automerge' }
    const [outcome] = this.run({ type: 'changes', compartment, changes, mayCreate: false, origin }).outcomes
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }

  get heads(): readonly string[] {
    return this.state.doc.heads
  }

  get view(): ReturnType<typeof viewOf> {
    return viewOf(this.state)
  }

  conflict(field: string): Conflict | undefined {
    return documentsOf(this.state)
      .map(({ conflicts }) => conflicts.get(field))
      .find((conflict) => conflict !== undefined)
  }

  /** Heads of all of its documents: what somebody has seen who may read everything. */
  get allHeads(): readonly string[] {
    return documentsOf(this.state).flatMap(({ doc }) => doc.heads)
  }

  /** The record leaves memory with a snapshot, and comes out of it again. It has no document but the main one. */
  reload(): void {
    const { key, version, bindings, createdAt, chain, doc } = this.state
    const snapshot = { version, bytes: snapshotOf(this.state) }
    doc.free()
    this.state = foldJournal(key, this.collection, { snapshot, tail: [], bindings, createdAt, chain })
  }

  /** The state that the journal alone gives. */
  replay(): RecordState {
    const { key, bindings, createdAt, chain } = this.state
    return foldJournal(key, this.collection, {
      snapshot: null,
      tail: this.journal,
      bindings,
      createdAt,
      chain,
    })
  }
}

/** A local edit on a replica. */
export const edit = (replica: Doc, change: (root: Record<string, unknown>) => void): Doc =>
  Automerge.change(replica, change)

export const str = (text: string): Automerge.ImmutableString => new Automerge.ImmutableString(text)
