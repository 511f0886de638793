/**
 * Keeps the text columns in step with the text journals (S2). Doors commit text updates and notice the
 * projector; it replays each record's journal off the main thread, once for a burst of updates, and writes the
 * columns together with the offset that they show. A crash loses nothing: what lags is found again in the
 * store.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import type { Log } from '../log.ts'
import type { Storage, StoredTextLane } from '../storage/storage.ts'
import type { RecordFailure, RecordQueuePace } from './record-queue.ts'
import { RecordQueue } from './record-queue.ts'
import type { TextMaterializer } from './text-materializer.ts'
import { snapshotIsDue } from './text-snapshot-policy.ts'
import type { Timers } from './timers.ts'
import { systemTimers } from './timers.ts'

export interface TextProjector {
  /** Says that a text update of the record was committed. Cheap; after `close` it does nothing. */
  notice(key: RecordKey): void
  /** Hurries, and resolves when every record noticed so far is projected or waits for a retry. */
  drain(): Promise<void>
  /** Finishes what runs and starts nothing more. What still lags is found at the next start. Idempotent. */
  close(): Promise<void>
  /** Records whose columns are known to lag, failed ones included. */
  readonly lagging: number
  /** Records whose last projection failed; each is being retried. */
  readonly failures: readonly RecordFailure[]
}

export interface TextProjectorPace extends RecordQueuePace {
  /** How often the store is asked for records that lag unnoticed: another node's, or one lost in a crash. */
  readonly sweepMs: number
}

export interface TextProjectorOptions {
  readonly storage: Pick<Storage, 'loadText' | 'readFields' | 'commitText' | 'laggingTexts'>
  readonly schema: Schema
  /** Is not closed by the projector. */
  readonly materializer: Pick<TextMaterializer, 'materialize'>
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  readonly pace?: Partial<TextProjectorPace>
  readonly timers?: Timers
}

const defaultPace: TextProjectorPace = {
  quietMs: 50,
  lagMsMax: 500,
  stepMs: 50,
  retryMs: 1_000,
  retryMsMax: 600_000,
  // So many are read before others have their turn, replayed in one go and written in one transaction.
  runningMax: 16,
  sweepMs: 30_000,
}

/** Starts at once, with the records that lag in the store. */
export function createTextProjector(options: TextProjectorOptions): TextProjector {
  const { storage, log, timers = systemTimers } = options
  const pace = { ...defaultPace, ...options.pace }
  const queue = new RecordQueue({
    ...pace,
    timers,
    run: (key) => projectRecord(key, options),
    onFailure: ({ key, attempts, reason }, retryInMs) =>
      log.error({ key, attempts, reason, retryInMs }, 'the text of a record could not be projected'),
    onRecovery: ({ key, attempts }) => log.info({ key, attempts }, 'the text of a record is projected again'),
  })
  let closed = false
  let cancelSweep = (): void => undefined
  let sweeping = sweep()

  async function sweep(): Promise<void> {
    let nextInMs = pace.sweepMs
    try {
      await projectLagging(storage, queue)
    } catch (error) {
      nextInMs = pace.retryMs
      if (!closed) log.error({ reason: String(error) }, 'the store could not say which texts lag')
    }
    if (closed) return
    cancelSweep = timers.after(nextInMs, () => {
      sweeping = sweep()
    })
  }

  return {
    notice: (key) => queue.notice(key),
    async drain() {
      await sweeping
      await queue.drain()
    },
    async close() {
      closed = true
      cancelSweep()
      await queue.close()
      await sweeping
    },
    get lagging() {
      return queue.size
    },
    get failures() {
      return queue.failures
    },
  }
}

const SWEEP_PAGE = 100

/** Projects what lags in the store, a page at a time, and each record once, whatever becomes of it. */
async function projectLagging(storage: Pick<Storage, 'laggingTexts'>, queue: RecordQueue): Promise<void> {
  let tried = new Set<string>()
  let limit = SWEEP_PAGE
  while (!queue.closed) {
    const keys = await storage.laggingTexts(limit)
    const fresh = keys.filter((key) => !tried.has(keyString(key)) && !queue.has(key))
    if (fresh.length === 0 && keys.length < limit) return
    await Promise.all(fresh.map((key) => queue.runSoon(key)))
    // What was tried and lags still stands at the head of the next answer: look beyond it.
    tried = new Set(keys.map(keyString))
    limit = keys.length - fresh.length + SWEEP_PAGE
  }
}

/** Throws what stands in the way: the queue tries again. */
async function projectRecord(key: RecordKey, options: TextProjectorOptions): Promise<void> {
  const { storage, schema, materializer } = options
  const collection = schema.get(key.collection)
  // A collection that is no longer declared keeps its journal, and has no columns.
  if (collection === undefined) return
  const lane = await storage.loadText(key)
  const updatedAt = await shownSince(key, lane, storage)
  if (updatedAt === null) return
  const { texts, snapshot } = await materializer.materialize({
    snapshot: lane.snapshot?.bytes ?? null,
    updates: lane.tail,
    texts: collection.texts,
    wantSnapshot: snapshotIsDue(lane),
  })
  const result = await storage.commitText({ key, textVersion: lane.version, texts, updatedAt, snapshot })
  if (result.status === 'failed') throw new Error(result.reason)
  if (result.status === 'stale' && (await lags(key, storage)))
    throw new Error('the record has moved on while its text was projected')
}

/**
 * When the newest update was received; null when there is nothing to project. A snapshot without a tail has
 * no time of its own: its text is projected anew only after the columns were dropped, which changes no record.
 */
async function shownSince(
  key: RecordKey,
  { receivedAt }: StoredTextLane,
  storage: Pick<Storage, 'readFields'>,
): Promise<string | null> {
  if (receivedAt !== null) return receivedAt
  const record = await storage.readFields(key)
  return record !== null && record.projectedTextVersion < record.textVersion ? record.updatedAt : null
}

async function lags(key: RecordKey, storage: Pick<Storage, 'readFields'>): Promise<boolean> {
  const record = await storage.readFields(key)
  return record !== null && record.projectedTextVersion < record.textVersion
}
