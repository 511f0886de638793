/**
 * Keeps the text columns in step with the text journals (S2). Doors commit text updates and notice the
 * projector; it replays each record's journal off the main thread, once for a burst of updates, and writes the
 * columns together with the offset that they show.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import type { Log } from '../log.ts'
import type { Storage, StoredTextLane } from '../storage/storage.ts'
import type { FollowerPace, RecordFollower } from './record-follower.ts'
import { createRecordFollower } from './record-follower.ts'
import type { TextMaterializer } from './text-materializer.ts'
import { snapshotIsDue } from './text-snapshot-policy.ts'
import type { Timers } from './timers.ts'

/** What the text of a record shows at a version of its lane. */
export interface ProjectedContent {
  readonly version: number
  /** See `contentDigest`. */
  readonly digest: number
}

export interface TextProjectorOptions {
  readonly storage: Pick<Storage, 'loadText' | 'readFields' | 'commitText' | 'laggingTexts'>
  readonly schema: Schema
  /** Is not closed by the projector. */
  readonly materializer: Pick<TextMaterializer, 'materialize'>
  readonly log: Pick<Log, 'info' | 'error'>
  /** Told of each record whose columns were written. */
  readonly onProjected: (key: RecordKey, content: ProjectedContent) => void
  readonly pace?: Partial<FollowerPace>
  readonly timers?: Timers
}

const defaultPace: FollowerPace = {
  // Somebody who types pauses for less.
  quietMs: 300,
  lagMsMax: 1_000,
  perSecond: 100,
  busyLagMsMax: 5_000,
  stepMs: 50,
  retryMs: 1_000,
  retryMsMax: 600_000,
  // So many are read before others have their turn, replayed in one go and written in one transaction.
  runningMax: 16,
  sweepMs: 30_000,
}

/** To be noticed of committed text updates. Starts at once, with the records that lag in the store. */
export function createTextProjector(options: TextProjectorOptions): RecordFollower {
  const { storage, log, pace, timers, onProjected } = options
  return createRecordFollower({
    laggingIn: (limit) => storage.laggingTexts(limit),
    run: async (key) => {
      const content = await projectRecord(key, options)
      if (content !== null) onProjected(key, content)
    },
    log,
    messages: {
      failed: 'the text of a record could not be projected',
      recovered: 'the text of a record is projected again',
      unknown: 'the store could not say which texts lag',
    },
    pace: { ...defaultPace, ...pace },
    timers,
  })
}

/**
 * @returns what was written to the columns; null if nothing was.
 * @throws what stands in the way.
 */
async function projectRecord(
  key: RecordKey,
  options: TextProjectorOptions,
): Promise<ProjectedContent | null> {
  const { storage, schema, materializer } = options
  const collection = schema.get(key.collection)
  // A collection that is no longer declared keeps its journal, and has no columns.
  if (collection === undefined) return null
  const lane = await storage.loadText(key)
  const updatedAt = await shownSince(key, lane, storage)
  if (updatedAt === null) return null
  const { texts, snapshot, digest } = await materializer.materialize({
    snapshot: lane.snapshot?.bytes ?? null,
    updates: lane.tail,
    texts: collection.texts,
    wantSnapshot: snapshotIsDue(lane),
  })
  const result = await storage.commitText({ key, textVersion: lane.version, texts, updatedAt, snapshot })
  if (result.status === 'failed') throw new Error(result.reason)
  if (result.status === 'stale' && (await lags(key, storage)))
    throw new Error('the record has moved on while its text was projected')
  return result.status === 'committed' ? { version: lane.version, digest } : null
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
