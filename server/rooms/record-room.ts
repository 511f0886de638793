/** The live holder of a record's fields: one for all sessions that read or write them. */
import * as Automerge from '@automerge/automerge'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { foldJournal } from '../plan/fold-journal.ts'
import type { KeptAnswer, Plan } from '../plan/plan.ts'
import { planRecord } from '../plan/plan-record.ts'
import type { RecordCommand, RecordOutcome } from '../plan/record-command.ts'
import type { RecordState } from '../plan/record-state.ts'
import type { Storage } from '../storage/storage.ts'
import { CommitLoop } from './commit-loop.ts'
import type { RoomContext } from './room-context.ts'

/** Called after each commit, before it is acknowledged. */
export type RecordListener = (plan: Plan, state: RecordState) => void

export class RecordRoom {
  readonly key: RecordKey
  readonly #loop: CommitLoop<RecordState, RecordCommand, RecordOutcome>
  readonly #listeners = new Set<RecordListener>()
  readonly #onTouch: () => void

  constructor(key: RecordKey, collection: CollectionSpec, context: RoomContext, onTouch: () => void) {
    this.key = key
    this.#onTouch = onTouch
    this.#loop = new CommitLoop({
      load: async () => foldJournal(key, collection, await context.storage.load(key, 'fields')),
      plan: async (state, commands) => {
        const answered = await answersTo(commands, context.storage)
        return planRecord(state, commands, { at: context.now(), limits: context.automergeLimits, answered })
      },
      commit: (plan) => context.storage.commit(plan),
      publish: (plan, state) => {
        if (plan.fieldChanges.length > 0) context.commits.fire()
        for (const listener of this.#listeners) listener(plan, state)
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

  /** @returns a function that ends the subscription. */
  subscribe(listener: RecordListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
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

/** A live Automerge document of few fields, observed. */
const ROOM_BYTES = 16_384

/**
 * What commands with an idempotency key were answered before. Asked anew for each attempt: a request with the
 * same key, here or on another node, may have been committed since, and that made the last plan stale.
 */
async function answersTo(
  commands: readonly RecordCommand[],
  storage: Pick<Storage, 'readAnswer'>,
): Promise<readonly KeptAnswer[]> {
  const kept = commands.flatMap((command) =>
    (command.type === 'write' || command.type === 'upload') && command.keep !== null ? [command.keep] : [],
  )
  if (kept.length === 0) return []
  const answers = await Promise.all(
    kept.map(({ tenant, subject, key }) => storage.readAnswer(tenant, subject, key)),
  )
  return answers.filter((answer) => answer !== null)
}
