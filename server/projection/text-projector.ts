/**
 * Keeps the text columns in step with the text journals (S2). Doors commit text updates and notice the
 * projector; it replays each record's journal off the main thread, once for a burst of updates, and writes the
 * columns together with the offset that they show. The document of a text that is being written stays in that thread,
 * and takes what the rooms say they have committed: reading the rows of a second of typing would hold up who types.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import type { Log } from '../log.ts'
import type { Storage } from '../storage/storage.ts'
import type { FollowerPace, RecordFollower } from './record-follower.ts'
import { createRecordFollower } from './record-follower.ts'
import type { TextNews } from './text-news.ts'
import type { TextReaderOptions } from './text-reader.ts'
import { TextReader } from './text-reader.ts'
import type { Timers } from './timers.ts'

/** What the text of a record shows at a version of its lane. */
export interface ProjectedContent {
  readonly version: number
  /** See `contentDigest`. */
  readonly digest: number
}

export interface TextProjector extends RecordFollower {
  /** @param news what the commit has added, for whoever has it at hand: otherwise the journal is read. */
  notice(key: RecordKey, news?: TextNews): void
}

export interface TextProjectorOptions extends TextReaderOptions {
  readonly storage: Pick<Storage, 'loadText' | 'readFields' | 'commitText' | 'laggingTexts'>
  readonly schema: Schema
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
export function createTextProjector(options: TextProjectorOptions): TextProjector {
  const { storage, log, pace, timers, onProjected } = options
  const reader = new TextReader(options)
  const follower = createRecordFollower({
    laggingIn: (limit) => storage.laggingTexts(limit),
    run: async (key) => {
      const content = await projectRecord(key, reader, options)
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
  return {
    ...follower,
    notice(key, news) {
      reader.notice(key, news)
      follower.notice(key)
    },
    get lagging() {
      return follower.lagging
    },
    get failures() {
      return follower.failures
    },
  }
}

/**
 * @returns what was written to the columns; null if nothing was.
 * @throws what stands in the way.
 */
async function projectRecord(
  key: RecordKey,
  reader: TextReader,
  { storage, schema }: TextProjectorOptions,
): Promise<ProjectedContent | null> {
  const collection = schema.get(key.collection)
  // A collection that is no longer declared keeps its journal, and has no columns.
  if (collection === undefined) return null
  const read = await reader.read(key, collection.texts)
  if (read === null) return null
  const { version, texts, updatedAt, snapshot, digest } = read
  const result = await storage.commitText({ key, textVersion: version, texts, updatedAt, snapshot })
  if (result.status !== 'committed') reader.forget(key)
  if (result.status === 'failed') throw new Error(result.reason)
  if (result.status === 'stale' && (await lags(key, storage)))
    throw new Error('the record has moved on while its text was projected')
  return result.status === 'committed' ? { version, digest } : null
}

async function lags(key: RecordKey, storage: Pick<Storage, 'readFields'>): Promise<boolean> {
  const record = await storage.readFields(key)
  return record !== null && record.projectedTextVersion < record.textVersion
}
