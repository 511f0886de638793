/** The live holder of a record's fields: one for all sessions that read or write them. */
import * as Automerge from '@automerge/automerge'
import type { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { foldJournal } from '../plan/fold-journal.ts'
import type { KeptAnswer, Plan } from '../plan/plan.ts'
import { keepOf, planRecord } from '../plan/plan-record.ts'
import type { FieldResult, RecordCommand, RecordOutcome } from '../plan/record-command.ts'
import type { RecordState } from '../plan/record-state.ts'
import type { Storage } from '../storage/storage.ts'
import { changePieces } from './change-pieces.ts'
import { CommitLoop } from './commit-loop.ts'
import type { RoomContext } from './room-context.ts'

/** Called after each commit, before it is acknowledged. */
export type RecordListener = (plan: Plan, state: RecordState) => void

export class RecordRoom {
  readonly key: RecordKey
  readonly #loop: CommitLoop<RecordState, RecordCommand, RecordOutcome>
  /** With what each does when the record is erased. */
  readonly #listeners = new Map<RecordListener, () => void>()
  readonly #context: RoomContext
  readonly #onTouch: () => void

  constructor(key: RecordKey, collection: CollectionSpec, context: RoomContext, onTouch: () => void) {
    this.key = key
    this.#context = context
    this.#onTouch = onTouch
    this.#loop = new CommitLoop({
      load: async () => {
        const { storage } = context
        return foldJournal(key, collection, {
          ...(await storage.load(key, 'fields')),
          schemas: storage.schemas,
        })
      },
      plan: async (state, commands) => {
        const answered = await answersTo(commands, context.storage)
        const { automergeLimits: limits, authorizer } = context
        const plan = () => planRecord(state, commands, { at: context.now(), limits, authorizer, answered })
        return context.turns.run(plan)
      },
      weigh: weightOf,
      commit: (plan) => context.storage.commit(plan),
      publish: (plan, state) => {
        const changesInbox = plan.conflicts.length > 0
        if (plan.fieldChanges.length > 0 || changesInbox) context.commits.fire({ key, changesInbox })
        for (const listener of this.#listeners.keys()) listener(plan, state)
      },
      dispose: (state) => Automerge.free(state.doc),
      health: context.health,
      sleep: context.sleep,
      warn: (details, message) => context.log.warn({ ...details, room: key }, message),
    })
  }

  /** @throws SluiceError; see `CommitLoop.submit`. */
  submit(command: RecordCommand): Promise<RecordOutcome> {
    this.#onTouch()
    return this.#loop.submit(command)
  }

  /**
   * Takes raw changes of one session, piece by piece; what takes long is tried in a thread first (W6).
   * @throws SluiceError also `too_costly`. The pieces before the one at fault are durable then.
   */
  async submitChanges(command: ChangesCommand): Promise<RecordOutcome> {
    let whole: Taken = { fields: {}, wrote: [], refused: [], orphans: [], missing: [] }
    let waiting = command.changes
    for (let round = 0; waiting.length > 0 && round < ROUNDS_MAX; round++) {
      const taken = await this.#submitPieces({ ...command, changes: waiting })
      if ('error' in taken) return { ok: false, error: taken.error }
      // A change may wait for any other at all, which may have come in a later piece.
      const isStuck = taken.orphans.length === waiting.length
      waiting = isStuck ? [] : taken.orphans
      whole = {
        fields: { ...whole.fields, ...taken.fields },
        wrote: [...whole.wrote, ...taken.wrote],
        refused: [...whole.refused, ...taken.refused],
        orphans: taken.orphans,
        missing: taken.missing,
      }
    }
    return { ok: true, ...whole, conflict: null, earlier: null }
  }

  async #submitPieces(command: ChangesCommand): Promise<Taken | { readonly error: SluiceError }> {
    const { automergeLimits, trials } = this.#context
    const fields: Record<string, FieldResult> = {}
    const wrote: string[] = []
    const refused: Taken['refused'][number][] = []
    const orphans: Uint8Array[] = []
    const missing = new Set<string>()
    for (const { changes, isHeavy } of await changePieces(command.changes, automergeLimits, trials.pause)) {
      if (isHeavy) await this.#try(changes)
      const outcome = await this.submit({ ...command, changes })
      if (!outcome.ok) return outcome
      Object.assign(fields, outcome.fields)
      wrote.push(...outcome.wrote)
      refused.push(...outcome.refused)
      orphans.push(...outcome.orphans)
      for (const hash of outcome.missing) missing.add(hash)
    }
    return { fields, wrote, refused, orphans, missing: [...missing] }
  }

  async #try(changes: readonly Uint8Array[]): Promise<void> {
    const { storage, trials, automergeLimits } = this.#context
    const { snapshot, tail } = await storage.load(this.key, 'fields')
    const stored = tail.filter(({ hash }) => hash !== null).map(({ bytes }) => bytes)
    await trials.changes({
      kind: 'changes',
      snapshot: snapshot?.bytes ?? null,
      stored,
      changes,
      limits: automergeLimits,
    })
  }

  read<T>(look: (state: RecordState) => T): Promise<T> {
    this.#onTouch()
    return this.#loop.read(look)
  }

  /**
   * Takes in a message of the library's sync protocol that carries no changes: what a peer has and lacks.
   * The library hands back a new handle for the same document, which must take the place of the old one.
   */
  receiveSync(syncState: Automerge.SyncState, withoutChanges: Uint8Array): Promise<Automerge.SyncState> {
    return this.read((state) => {
      const [doc, next] = Automerge.receiveSyncMessage(state.doc, syncState, withoutChanges)
      this.#loop.adopt({ ...state, doc })
      return next
    })
  }

  /**
   * @param onErased called once the record has been erased: what the subscriber holds of it is of no epoch any more.
   * @returns a function that ends the subscription.
   */
  subscribe(listener: RecordListener, onErased: () => void): () => void {
    this.#listeners.set(listener, onErased)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the history that was erased, and tells who follows it (E5). */
  async erased(): Promise<void> {
    await this.#loop.reload()
    for (const onErased of [...this.#listeners.values()]) onErased()
  }

  get isEvictable(): boolean {
    return this.#listeners.size === 0 && this.#loop.isIdle
  }

  /** Roughly what the room holds in memory. */
  get residentBytes(): number {
    const state = this.#loop.resident
    return state === null ? ROOM_BYTES : ROOM_BYTES + state.snapshot.bytes + state.snapshot.tailBytes
  }

  close(): Promise<void> {
    return this.#loop.close()
  }
}

type ChangesCommand = Extract<RecordCommand, { type: 'changes' }>

/** What became of raw changes. */
type Taken = Pick<
  Extract<RecordOutcome, { ok: true }>,
  'fields' | 'wrote' | 'refused' | 'orphans' | 'missing'
>

const ROUNDS_MAX = 4

/** A live Automerge document of few fields, observed. */
const ROOM_BYTES = 16_384

/** A change takes about as long to plan as some thirty operations more of it. */
const OP_BYTES = 8
const OPS_PER_CHANGE = 30

/** In changes. */
const weightOf = (command: RecordCommand): number =>
  command.type === 'changes'
    ? command.changes.reduce((sum, { byteLength }) => sum + 1 + byteLength / (OP_BYTES * OPS_PER_CHANGE), 0)
    : 1

/**
 * What commands with an idempotency key, and the writes that they come after, were answered before. Asked anew for each attempt: a request with the
 * same key, here or on another node, may have been committed since, and that made the last plan stale.
 */
async function answersTo(
  commands: readonly RecordCommand[],
  storage: Pick<Storage, 'readAnswer'>,
): Promise<readonly KeptAnswer[]> {
  const asked = new Map(
    commands.flatMap(answersWanted).map((name) => [JSON.stringify(Object.values(name)), name]),
  )
  const answers = await Promise.all(
    [...asked.values()].map(({ tenant, subject, key }) => storage.readAnswer(tenant, subject, key)),
  )
  return answers.filter((answer) => answer !== null)
}

type AnswerName = Pick<KeptAnswer, 'tenant' | 'subject' | 'key'>

function answersWanted(command: RecordCommand): readonly AnswerName[] {
  const keep = keepOf(command)
  if (keep === null) return []
  const { tenant, subject } = keep
  const after = command.type === 'write' ? (command.after ?? []) : []
  return [keep.key, ...after].map((key) => ({ tenant, subject, key }))
}
