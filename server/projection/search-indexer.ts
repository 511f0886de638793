/**
 * Keeps the search index in step with the text columns (S2). An index entry is made of the whole text: of a long one
 * that takes the writer longer than all commits of a second, so that a text which is being typed in is indexed rarely.
 */
import type { Log } from '../log.ts'
import type { Storage } from '../storage/storage.ts'
import type { FollowerPace, RecordFollower } from './record-follower.ts'
import { createRecordFollower } from './record-follower.ts'
import type { Timers } from './timers.ts'

export interface SearchIndexerOptions {
  readonly storage: Pick<Storage, 'search'>
  readonly log: Pick<Log, 'info' | 'error'>
  readonly pace?: Partial<FollowerPace>
  readonly timers?: Timers
}

const defaultPace: FollowerPace = {
  quietMs: 1_000,
  lagMsMax: 15_000,
  perSecond: 20,
  busyLagMsMax: 15_000,
  stepMs: 100,
  retryMs: 1_000,
  retryMsMax: 600_000,
  // Commits come between one text and the next.
  runningMax: 1,
  sweepMs: 60_000,
}

/** To be noticed of records whose text columns were written. Starts at once, with what lags in the store. */
export function createSearchIndexer({ storage, log, pace, timers }: SearchIndexerOptions): RecordFollower {
  const { search } = storage
  return createRecordFollower({
    laggingIn: (limit) => search.lagging(limit),
    run: async (key) => {
      const result = await search.index(key)
      if (result.status === 'failed') throw new Error(result.reason)
    },
    log,
    messages: {
      failed: 'the texts of a record could not be indexed',
      recovered: 'the texts of a record are indexed again',
      unknown: 'the store could not say which texts are to be indexed',
    },
    pace: { ...defaultPace, ...pace },
    timers,
  })
}
