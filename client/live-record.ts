/**
 * One record while an app is open: its state, the channel on which the server tells of it, and who listens. Every step
 * goes through the pure functions of `record/`, is stored, and then told.
 */
import type { FieldOp } from '../shared/record/field-op.ts'
import type { CollectionSpec } from '../shared/schema/schema.ts'
import type { Change, ChangeResult, ConflictView, RecordSnapshot, Refusal } from '../shared/sync/messages.ts'
import type {
  Channel,
  ChannelEvent,
  ChannelHolder,
  Opening,
  SyncConnection,
} from './connection/sync-connection.ts'
import type { QueuedChange } from './record/queued-change.ts'
import type { RecordState, Vantage } from './record/record-state.ts'
import * as step from './record/record-state.ts'
import type { RecordView, WritePolicy } from './record/record-view.ts'
import { viewRecord } from './record/record-view.ts'
import { recordWrites } from './record/saved-record.ts'
import type { ClientStore } from './store/client-store.ts'

/** What a record needs of its client. */
export interface RecordParts {
  readonly connection: SyncConnection
  readonly store: ClientStore
  /** Names changes; each call gives another id. */
  readonly newId: () => string
  readonly nextOrder: () => number
  readonly now: () => Date
  /** Whether the server is known to take this client for the person whose edits are stored. */
  readonly isMet: () => boolean
  /** Something may be ready to be sent. */
  readonly pump: () => void
  readonly policy: WritePolicy
  readonly onConflict: (notice: ConflictNotice) => void
}

/** A change of this person is held, or a record that he has open has a conflict that it did not have. */
export interface ConflictNotice {
  readonly collection: string
  readonly recordId: string
  readonly conflictId: string
  /** Of this person's own change, the fields that are held. */
  readonly fields: readonly string[]
  /** Id of the own change that is held; null if others have caused the conflict. */
  readonly change: string | null
  /** The conflict, if this person may see it and the record has told it already. */
  readonly conflict: ConflictView | null
}

export interface AskedChange {
  readonly intent: Change['intent']
  readonly ops: readonly FieldOp[]
  readonly metadata: Change['metadata']
  readonly strict: boolean
  /** Null: here and now. */
  readonly vantage: Vantage | null
}

export class LiveRecord implements ChannelHolder<'record'> {
  readonly collection: CollectionSpec
  readonly id: string
  readonly name: string
  readonly #parts: RecordParts
  readonly #listeners = new Set<() => void>()
  readonly #answers = new Map<string, ((result: ChangeResult) => void)[]>()
  #state: RecordState
  #view: RecordView | null = null
  #channel: Channel | null = null
  /** How many handles and sent changes need the channel. */
  #holders = 0
  #refusal: Refusal | null = null
  #isMarkTrusted = true
  #saved: Promise<void> = Promise.resolve()

  constructor(collection: CollectionSpec, id: string, state: RecordState, parts: RecordParts) {
    this.collection = collection
    this.id = id
    this.name = `${collection.name}/${id}`
    this.#state = state
    this.#parts = parts
  }

  get state(): RecordState {
    return this.#state
  }

  /** The same object until something changes. */
  get view(): RecordView {
    this.#view ??= viewRecord(this.collection, this.#state, this.#parts.policy)
    return this.#view
  }

  /** What would be shown if the server had told this. */
  viewOn(record: RecordSnapshot): RecordView {
    const state = { ...this.#state, known: { mark: '', record } }
    return viewRecord(this.collection, state, this.#parts.policy)
  }

  /** Why the server does not tell of the record; null if it does. */
  get refusal(): Refusal | null {
    return this.#refusal
  }

  /** Resolves when what is shown now is as safe as the store can make it. */
  get saved(): Promise<void> {
    return this.#saved
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Keeps the record up to date until the function that it returns is called. */
  hold(): () => void {
    this.#holders++
    this.connect()
    let isHeld = true
    return () => {
      if (isHeld) this.#holders--
      isHeld = false
      if (this.#holders === 0) this.#letGo()
    }
  }

  /** Opens the channel, if anybody needs it and the client may. */
  connect(): void {
    if (this.#holders > 0 && this.#channel === null && this.#parts.isMet())
      this.#channel = this.#parts.connection.open<'record'>(this)
  }

  make({ vantage, ...asked }: AskedChange): Change {
    const change = {
      ...asked,
      id: this.#parts.newId(),
      collection: this.collection.name,
      recordId: this.id,
      claimedAt: this.#parts.now().toISOString(),
    }
    return this.take(change, vantage)
  }

  /** Queues a change that has its name already: here, or in another tab. */
  take(change: Omit<Change, keyof Vantage>, vantage: Vantage | null): Change {
    const order = this.#parts.nextOrder()
    const proposed = step.propose(this.collection, this.#state, change, { vantage, order })
    this.become(proposed.state)
    this.#parts.pump()
    return proposed.change
  }

  /** Called when the server has answered this change. */
  onAnswer(id: string, listener: (result: ChangeResult) => void): void {
    this.#answers.set(id, [...(this.#answers.get(id) ?? []), listener])
  }

  dismiss(id: string): void {
    this.become(step.dismissed(this.#state, id))
  }

  sent(changes: readonly QueuedChange[]): void {
    this.become(step.sent(this.#state, new Set(changes.map(({ change }) => change.id))))
  }

  answered(id: string, result: ChangeResult): void {
    const held = heldIn(result)
    this.become(step.answered(this.#state, id, result), new Set(held.keys()))
    for (const [conflictId, fields] of held) this.#notify(conflictId, fields, id)
    for (const listener of this.#answers.get(id) ?? []) listener(result)
    this.#answers.delete(id)
  }

  opening(): Opening<'record'> {
    const known = this.#isMarkTrusted ? (this.#state.known?.mark ?? null) : null
    return { type: 'record.open', collection: this.collection.name, recordId: this.id, known }
  }

  receive(event: ChannelEvent): void {
    switch (event.type) {
      case 'record.state':
        this.#refusal = null
        this.#isMarkTrusted = true
        this.become(step.told(this.#state, { mark: event.mark, record: event.record }))
        if (event.record.status === 'erased') this.#refuseAll()
        return
      case 'same':
        return this.become(step.told(this.#state, null))
      case 'closed':
        this.#channel = null
        this.#refusal = { code: event.code, message: event.message, details: event.details }
        return this.#tell()
      default:
    }
  }

  lost(): void {
    this.become(step.disconnected(this.#state))
  }

  /** What is known comes from another store than the server has now: its marks mean nothing there. */
  distrustMark(): void {
    this.#isMarkTrusted = false
  }

  /** Forgets what is stored of it: it belongs to somebody else. */
  reset(): void {
    this.#state = step.emptyRecord
    this.#view = null
    this.#tell()
  }

  /** What waited is not sent any more, and whoever waits for its answer is told. */
  #refuseAll(): void {
    const result = {
      status: 'refused',
      code: 'erased',
      message: 'the record was erased',
      details: {},
    } as const
    for (const id of [...this.#answers.keys()]) this.answered(id, result)
  }

  #letGo(): void {
    this.#channel?.close()
    this.#channel = null
    this.lost()
  }

  /**
   * @param ownConflicts that a change of this person has just been held in: they are told with it.
   * @param isStored nothing has to be written: another tab does.
   */
  become(state: RecordState, ownConflicts: ReadonlySet<string> = new Set(), isStored = false): void {
    const before = this.#state
    if (before === state) return
    this.#state = state
    this.#view = null
    // A record that is told again is not refused any more.
    if (isStored && state.isCurrent && !before.isCurrent) this.#refusal = null
    const writes = isStored ? [] : recordWrites(this.name, before, state)
    if (writes.length > 0) this.#saved = this.#parts.store.write(writes)
    this.#tell()
    if (this.#holders === 0 || before.known === null || before.known === state.known) return
    const old = new Set(before.known.record.conflicts.map(({ id }) => id))
    for (const { id, fields } of state.known?.record.conflicts ?? [])
      if (!old.has(id) && !ownConflicts.has(id)) this.#notify(id, fields, null)
  }

  #notify(conflictId: string, fields: readonly string[], change: string | null): void {
    const conflict = this.view.conflicts.find(({ id }) => id === conflictId) ?? null
    this.#parts.onConflict({
      collection: this.collection.name,
      recordId: this.id,
      conflictId,
      fields,
      change,
      conflict,
    })
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Conflicts in which fields of a change are held. */
function heldIn(result: ChangeResult): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, readonly string[]>()
  if (result.status === 'refused') return held
  for (const [field, { outcome, conflictId }] of Object.entries(result.fields))
    if (outcome === 'held' && conflictId !== null)
      held.set(conflictId, [...(held.get(conflictId) ?? []), field])
  return held
}
