/** The live holder of a record's fields, in all of its compartments: one for all sessions that read or write them. */
import type { DecodedChange } from '@automerge/automerge'
import type { ErrorCode, SluiceError } from '../../shared/errors/error-table.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { keepOf } from '../plan/execute-commands.ts'
import { foldSteps } from '../plan/fold-journal.ts'
import type { KeptAnswer, Plan } from '../plan/plan.ts'
import { laneOf } from '../plan/plan.ts'
import { planSteps } from '../plan/plan-record.ts'
import type { FieldResult, RecordCommand, RecordOutcome } from '../plan/record-command.ts'
import type { RecordState } from '../plan/record-state.ts'
import { documentsOf, freeState } from '../plan/record-state.ts'
import type { Storage } from '../storage/storage.ts'
import { JobError } from '../threads/job-worker.ts'
import { changePieces } from './change-pieces.ts'
import { commitIntervalMs } from './commit-interval.ts'
import { CommitLoop } from './commit-loop.ts'
import { TAIL_ENTRIES_MIN, takeSnapshots, wantsLastSnapshot, wantsSnapshot } from './record-snapshots.ts'
import type { RoomContext } from './room-context.ts'
import { inTurns } from './turns.ts'

/** Called after each commit, before it is acknowledged. */
export type RecordListener = (plan: Plan, state: RecordState) => void

export class RecordRoom {
  readonly key: RecordKey
  readonly #loop: CommitLoop<RecordState, RecordCommand, RecordOutcome>
  /** With what each does when the record is erased. */
  readonly #listeners = new Map<RecordListener, () => void>()
  readonly #context: RoomContext
  readonly #onTouch: () => void
  /** One that is being taken. */
  #snapshot: Promise<void> | null = null
  /** Journal entries of all lanes at which the next is tried at the soonest: one that fails is not tried at every commit. */
  #nextSnapshotAt = 0

  constructor(key: RecordKey, collection: CollectionSpec, context: RoomContext, onTouch: () => void) {
    this.key = key
    this.#context = context
    this.#onTouch = onTouch
    this.#loop = new CommitLoop({
      load: () => loadRecord(key, collection, context),
      plan: async (state, commands) => {
        const answered = await answersTo(commands, context.storage)
        const { automergeLimits: limits, authorizer, storage, turns } = context
        const { storageId } = storage
        const at = context.now()
        return inTurns(planSteps(state, commands, { at, limits, authorizer, storageId, answered }), turns)
      },
      weigh: weightOf,
      intervalMs: () => commitIntervalMs(this.#listeners.size),
      commit: (plan) => context.storage.commit(plan),
      publish: (plan, state) => {
        const changesInbox = plan.conflicts.length > 0
        if (plan.fieldChanges.length > 0 || changesInbox) context.commits.fire({ key, changesInbox })
        for (const listener of this.#listeners.keys()) listener(plan, state)
        this.#snapshotIfDue(state)
      },
      last: (state) => this.#takeLastSnapshots(state),
      dispose: freeState,
      lane: 'fields',
      refusalsIn,
      measures: context.measures,
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
   * Makes the record if it is not there (R6). Who opens a text asks for no more of it: unless somebody has it open, it does
   * not stay in memory.
   * @throws SluiceError; see `CommitLoop.submit`.
   */
  async ensure(origin: Origin): Promise<RecordOutcome> {
    const outcome = await this.submit({ type: 'ensure', origin })
    // If it fails, whoever comes next is told why.
    if (this.#listeners.size === 0) this.#loop.reload().catch(() => {})
    return outcome
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
    const { automergeLimits, turns } = this.#context
    const fields: Record<string, FieldResult> = {}
    const wrote: string[] = []
    const refused: Taken['refused'][number][] = []
    const orphans: Uint8Array[] = []
    const missing = new Set<string>()
    for (const { changes, isHeavy } of await changePieces(command.changes, automergeLimits, turns.pause)) {
      const decoded = isHeavy ? await this.#try(changes, command.compartment ?? MAIN) : []
      const outcome = await this.submit({ decoded, ...command, changes })
      if (!outcome.ok) return outcome
      Object.assign(fields, outcome.fields)
      wrote.push(...outcome.wrote)
      refused.push(...outcome.refused)
      orphans.push(...outcome.orphans)
      for (const hash of outcome.missing) missing.add(hash)
    }
    return { fields, wrote, refused, orphans, missing: [...missing] }
  }

  async #try(changes: readonly Uint8Array[], compartment: string): Promise<readonly DecodedChange[]> {
    const { storage, trials, turns, automergeLimits } = this.#context
    const { snapshot, tail } = await storage.load(this.key, laneOf(compartment))
    const stored = tail.filter(({ hash }) => hash !== null).map(({ bytes }) => bytes)
    const tried = await trials.changes({
      kind: 'changes',
      snapshot: snapshot?.bytes ?? null,
      stored,
      changes,
      limits: automergeLimits,
    })
    // Receiving what was decoded has taken a while.
    await turns.pause()
    return tried.decoded
  }

  read<T>(look: (state: RecordState) => T): Promise<T> {
    this.#onTouch()
    return this.#loop.read(look)
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
    if (state === null) return EMPTY_ROOM_BYTES
    return documentsOf(state).reduce((sum, document) => sum + documentBytes(document), ROOM_BYTES)
  }

  /** See `CommitLoop.close`. */
  close(isHurried?: () => boolean): Promise<void> {
    return this.#loop.close(isHurried)
  }

  #snapshotIfDue(state: RecordState): void {
    if (this.#snapshot !== null || !documentsOf(state).some(wantsSnapshot)) return
    const entries = documentsOf(state).reduce((sum, { version }) => sum + version, 0)
    if (entries < this.#nextSnapshotAt) return
    this.#nextSnapshotAt = entries + TAIL_ENTRIES_MIN
    this.#snapshot = this.#takeSnapshots(state, wantsSnapshot).finally(() => {
      this.#snapshot = null
    })
  }

  async #takeLastSnapshots(state: RecordState): Promise<void> {
    await this.#snapshot
    await this.#takeSnapshots(this.#loop.resident ?? state, wantsLastSnapshot)
  }

  /** Nobody needs them: the journal has it all. */
  async #takeSnapshots(state: RecordState, isDue: (document: RecordState) => boolean): Promise<void> {
    try {
      const amend = await takeSnapshots(state, isDue, this.#context)
      if (amend !== null) await this.#loop.amend(amend)
    } catch (error) {
      // The server stops, and has no more time.
      if (error instanceof JobError && error.failure === 'closed') return
      this.#context.log.warn({ err: error, room: this.key }, 'a record is kept without a new snapshot')
    }
  }
}

type ChangesCommand = Omit<Extract<RecordCommand, { type: 'changes' }>, 'decoded'>

/** What became of raw changes. */
type Taken = Pick<
  Extract<RecordOutcome, { ok: true }>,
  'fields' | 'wrote' | 'refused' | 'orphans' | 'missing'
>

const ROUNDS_MAX = 4

const refusalsIn = (outcome: RecordOutcome): readonly ErrorCode[] =>
  outcome.ok ? outcome.refused.map(() => 'refused_change') : [outcome.error.code]

/** What a record of a few fields takes in memory, each of its changes, and the library's document of it: observed. */
const ROOM_BYTES = 32_768
/** A room of which nothing is in memory but itself. */
const EMPTY_ROOM_BYTES = 2_048
const AWAKE_BYTES = 16_384
const AWAKE_PER_BYTE = 3

function documentBytes({ doc, graph, snapshot }: RecordState): number {
  const stored = snapshot.bytes + snapshot.tailBytes + doc.recentBytes + graph.bytes
  return doc.isAwake ? AWAKE_BYTES + stored * AWAKE_PER_BYTE : stored
}

/** The lanes are read one after the other: had a commit come between, the next plan would find out (W3). */
async function loadRecord(
  key: RecordKey,
  collection: CollectionSpec,
  { storage, turns }: Pick<RoomContext, 'storage' | 'turns'>,
): Promise<RecordState> {
  const { schemas } = storage
  // Whoever asks for it may have kept the thread already, as the first request after a start does.
  await turns.pause()
  const stored = await storage.load(key, 'fields')
  const main = await inTurns(foldSteps(key, collection, { schemas, ...stored }), turns)
  const compartments = new Map<string, RecordState>()
  for (const compartment of stored.compartments) {
    const lane = await storage.load(key, laneOf(compartment))
    const input = { epoch: main.epoch, schemas, ...lane }
    const state = await inTurns(foldSteps(key, collection, input, compartment), turns)
    compartments.set(compartment, state)
  }
  return { ...main, compartments }
}

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
  if (commands.every((command) => keepOf(command) === null)) return NO_ANSWERS
  const asked = new Map(
    commands.flatMap(answersWanted).map((name) => [JSON.stringify(Object.values(name)), name]),
  )
  const answers = await Promise.all(
    [...asked.values()].map(({ tenant, subject, key }) => storage.readAnswer(tenant, subject, key)),
  )
  return answers.filter((answer) => answer !== null)
}

const NO_ANSWERS: readonly KeptAnswer[] = []

type AnswerName = Pick<KeptAnswer, 'tenant' | 'subject' | 'key'>

function answersWanted(command: RecordCommand): readonly AnswerName[] {
  const keep = keepOf(command)
  if (keep === null) return []
  const { tenant, subject } = keep
  const after = command.type === 'write' ? (command.after ?? []) : []
  return [keep.key, ...after].map((key) => ({ tenant, subject, key }))
}
