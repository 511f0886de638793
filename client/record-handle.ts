/** A record as an app works with it: typed reads, typed changes, and the truth about what is confirmed. */

import { SluiceError } from '../shared/errors/error-table.ts'
import type { JsonObject } from '../shared/json.ts'
import { checkFieldOps, missingFields } from '../shared/policies/check-field-ops.ts'
import type { FieldOp } from '../shared/record/field-op.ts'
import { DELETED_KEY } from '../shared/record/reserved-keys.ts'
import type { Fields } from '../shared/schema/collection.ts'
import type { InferFields } from '../shared/schema/infer-record.ts'
import type { ConflictView, Refusal, VersionToken } from '../shared/sync/messages.ts'
import { ChangeHandle } from './change-handle.ts'
import type { Decision, DecisionOutcome } from './decisions.ts'
import type { PresenceParts } from './live/presence-handle.ts'
import { PresenceHandle } from './live/presence-handle.ts'
import type { AskedChange, LiveRecord } from './live-record.ts'
import type { ChangeStatus } from './record/change-status.ts'
import { inverseOps } from './record/inverse-ops.ts'
import type { LostChange } from './record/queued-change.ts'
import { isPending } from './record/record-state.ts'
import type { RecordView } from './record/record-view.ts'
import { RecordForm } from './record-form.ts'
import type { Resolving } from './resolving.ts'
import { actionOf } from './resolving.ts'
import { draftOps } from './typed/draft.ts'
import type { Draft, NewFields } from './typed/draft-types.ts'

export interface ChangeOptions {
  /** For policies, log and inbox: reason, approval, app version, … */
  readonly metadata?: JsonObject
  /** Refuse the change whole if somebody else has written what its author had not seen, instead of merging. */
  readonly strict?: boolean
}

export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }

/** A change that is not confirmed, or of which not everything is in force. */
export interface OwnChange {
  readonly id: string
  readonly status: ChangeStatus
  readonly ops: readonly FieldOp[]
  /** Why nothing of it was written. */
  readonly refusal: Refusal | null
  readonly fields: LostChange['fields']
}

export interface HandleParts {
  readonly isOnline: () => boolean
  readonly deletesOnline: boolean
  readonly decide: (
    decision: Pick<Decision, 'collection' | 'recordId' | 'conflictId' | 'action'>,
  ) => Promise<DecisionOutcome>
  readonly decisions: () => readonly Decision[]
  readonly live: PresenceParts
}

/** How many of a person's changes can be taken back, one after the other. */
const UNDO_MAX = 100

export class RecordHandle<F extends Fields> {
  readonly #record: LiveRecord
  readonly #parts: HandleParts
  readonly #release: () => void
  readonly #undo: (readonly FieldOp[])[] = []

  /** @internal */
  constructor(record: LiveRecord, parts: HandleParts) {
    this.#record = record
    this.#parts = parts
    this.#release = record.hold()
  }

  get collection(): string {
    return this.#record.collection.name
  }

  get id(): string {
    return this.#record.id
  }

  /** What is shown, own changes included. The same object until something changes. */
  get fields(): InferFields<F> {
    return this.view.fields as InferFields<F>
  }

  /** `unknown`: nothing is stored here, and the server has not told yet. */
  get status(): RecordView['status'] {
    return this.view.status
  }

  /** The version that the server has confirmed. */
  get version(): VersionToken | null {
    return this.view.version
  }

  /** Everything there is to show. The same object until something changes. */
  get view(): RecordView {
    return this.#record.view
  }

  /** Whether the server has told on this connection what there is. */
  get isCurrent(): boolean {
    return this.#record.state.isCurrent
  }

  /** Why the server does not tell of the record; null if it does. */
  get refusal(): Refusal | null {
    return this.#record.refusal
  }

  /** Fields whose shown value the server has not confirmed. */
  get staged(): ReadonlySet<string> {
    return this.view.staged
  }

  /** Open conflicts, each with base, incumbent and challengers; decisions that wait are in `deciding`. */
  get conflicts(): readonly ConflictView[] {
    return this.view.conflicts
  }

  /** Decisions about this record's conflicts that the server has not answered. */
  get deciding(): readonly Decision[] {
    return this.#parts
      .decisions()
      .filter(({ collection, recordId }) => collection === this.collection && recordId === this.id)
  }

  /** Own changes that are under way or lost, oldest first. */
  get changes(): readonly OwnChange[] {
    const { queue, lost } = this.#record.state
    const pending = queue
      .filter(({ phase }) => phase !== 'answered')
      .map(({ change: { id, ops } }) => ({ id, ops, status: 'pending' as const, refusal: null, fields: {} }))
    const settled = lost.map(({ change: { id, ops }, status, refusal, fields }) => ({
      id,
      ops,
      status,
      refusal,
      fields,
    }))
    return [...settled, ...pending]
  }

  /**
   * Writes what the function does to its draft, as one change.
   * @throws SluiceError if a value does not fit its field. RangeError if nothing is changed.
   */
  change(write: (draft: Draft<F>) => void, options: ChangeOptions = {}): ChangeHandle {
    const ops = draftOps(this.#record.collection, this.view.fields, write as (draft: object) => void)
    return this.#make(ops, this.status === 'live' ? 'update' : 'upsert', options)
  }

  /** @throws SluiceError if a value does not fit, a required one is missing, or the record is known to exist. */
  create(values: NewFields<F>, options: ChangeOptions = {}): ChangeHandle {
    if (this.status === 'live') throw new SluiceError('already_exists', 'the record exists already')
    const ops = Object.entries(values as JsonObject).map(
      ([field, value]): FieldOp => ({ type: 'set', field, value }),
    )
    const { collection } = this.#record
    const problem = checkFieldOps(collection, ops)
    if (problem !== null) throw problem
    const [missing] = missingFields(collection, ops)
    if (missing !== undefined)
      throw new SluiceError('invalid_value', `${missing} is required`, { field: missing })
    return this.#make(ops, 'create', options)
  }

  /** @throws SluiceError where `can('delete')` says no. */
  delete(options: ChangeOptions = {}): ChangeHandle {
    const permission = this.can('delete')
    if (!permission.allowed) throw new SluiceError('forbidden', permission.reason)
    return this.#make([], 'delete', options)
  }

  /** Whether a person may do it, as far as is known here: for buttons. The server judges. */
  can(deed: 'delete' | { readonly write: keyof F & string } | { readonly resolve: string }): Permission {
    if (typeof deed === 'object' && 'write' in deed)
      return this.view.readOnly.has(deed.write) ? no(`${deed.write} may only be read`) : YES
    if (typeof deed === 'object') {
      const conflict = this.conflicts.find(({ id }) => id === deed.resolve)
      if (conflict === undefined) return no('there is no such open conflict')
      return conflict.mayResolve ? YES : no('somebody else has to decide this conflict')
    }
    if (this.status !== 'live') return no('there is no such record')
    if (!this.view.mayDelete) return no('this record may not be deleted')
    return this.#parts.deletesOnline && !this.#parts.isOnline()
      ? no('records of this collection are deleted online only')
      : YES
  }

  /**
   * Decides an open conflict, offline too: the decision names the sides that are shown now, and is refused if another has
   * arrived meanwhile.
   */
  resolve(conflictId: string, resolving: Resolving): Promise<DecisionOutcome> {
    const conflict = this.conflicts.find(({ id }) => id === conflictId)
    if (conflict === undefined) throw new SluiceError('not_found', 'there is no such open conflict')
    const action = actionOf(conflict, resolving)
    return this.#parts.decide({ collection: this.collection, recordId: this.id, conflictId, action })
  }

  /** Writes again what was lost of a change, on top of what is in force now. @throws RangeError if nothing was lost. */
  restoreMine(changeId: string, options: ChangeOptions = {}): ChangeHandle {
    const lost = this.#record.state.lost.find(({ change }) => change.id === changeId)
    if (lost === undefined) throw new RangeError(`nothing of change ${changeId} was lost`)
    const { change, fields, refusal } = lost
    const isLost = (field: string): boolean => {
      const outcome = fields[field]?.outcome
      return refusal !== null || outcome === 'superseded' || outcome === 'rejected'
    }
    const ops = change.ops.filter(({ field }) => isLost(field))
    if (ops.length === 0 && !isLost(DELETED_KEY)) throw new RangeError('it is held: decide its conflict')
    const made = this.#make(ops, change.intent, { metadata: change.metadata, ...options })
    this.dismiss(changeId)
    return made
  }

  /** The author has seen what became of a lost change: it is no longer kept. */
  dismiss(changeId: string): void {
    this.#record.dismiss(changeId)
  }

  /** Takes back the last change made through this handle. @returns null if there is none. */
  undo(options: ChangeOptions = {}): ChangeHandle | null {
    const ops = this.#undo.pop()
    if (ops === undefined) return null
    const asked = askedOf(ops, 'update', options)
    return new ChangeHandle(this.#record, this.#record.make(asked).id)
  }

  /** What a person has before him while he fills in a form: what he enters is placed there. */
  form(): RecordForm<F> {
    return new RecordForm<F>(this.#record)
  }

  /** Who is at this record. Close it when it is not shown. */
  presence(): PresenceHandle {
    return new PresenceHandle({ collection: this.collection, recordId: this.id }, this.#parts.live)
  }

  /** Resolves when all changes of this record are answered. */
  durable(): Promise<void> {
    return this.#until(() => !isPending(this.#record.state))
  }

  /** Resolves when the server has told what there is, or that it will not. */
  current(): Promise<void> {
    return this.#until(() => this.isCurrent || this.refusal !== null)
  }

  subscribe(listener: () => void): () => void {
    return this.#record.listen(listener)
  }

  /** The record is not shown any more. What is under way goes on. */
  close(): void {
    this.#release()
  }

  #make(ops: readonly FieldOp[], intent: AskedChange['intent'], options: ChangeOptions): ChangeHandle {
    if (ops.length === 0 && intent !== 'delete' && intent !== 'create')
      throw new RangeError('the change changes nothing')
    if (intent === 'update') {
      this.#undo.push(inverseOps(this.#record.collection, this.view.fields, ops))
      if (this.#undo.length > UNDO_MAX) this.#undo.shift()
    }
    return new ChangeHandle(this.#record, this.#record.make(askedOf(ops, intent, options)).id)
  }

  #until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (!isSo()) return
        stop()
        resolve()
      })
    })
  }
}

const YES: Permission = { allowed: true }
const no = (reason: string): Permission => ({ allowed: false, reason })

const askedOf = (
  ops: readonly FieldOp[],
  intent: AskedChange['intent'],
  { metadata = {}, strict = false }: ChangeOptions,
): AskedChange => ({ ops, intent, metadata, strict, vantage: null })
