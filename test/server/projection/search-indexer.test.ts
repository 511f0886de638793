// The search index follows the text columns: after the projector, after a crash, and after the store has refused.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RecordFollower } from '../../../server/projection/record-follower.ts'
import type { SearchIndexerOptions } from '../../../server/projection/search-indexer.ts'
import { createSearchIndexer } from '../../../server/projection/search-indexer.ts'
import type { CommitResult } from '../../../server/storage/storage.ts'
import { until } from '../../support/until.ts'
import { newTypist, project, subject } from './projector-bench.ts'

const silent = { info: () => undefined, error: () => undefined }
let indexers: RecordFollower[]
beforeEach(() => {
  indexers = []
})
afterEach(() => Promise.all(indexers.map((indexer) => indexer.close())))

function index(options: Partial<SearchIndexerOptions> = {}): RecordFollower {
  const indexer = createSearchIndexer({
    storage: subject.storage,
    log: silent,
    ...options,
    pace: { retryMs: 20, sweepMs: 60_000, ...options.pace },
  })
  indexers.push(indexer)
  return indexer
}

const found = async (word: string): Promise<number> =>
  (await subject.storage.search.find('default', word, 5)).length

describe('the search indexer', () => {
  test('S2: what the projector has written is found, once for many projections', async () => {
    const indexed: string[] = []
    const { search } = subject.storage
    const observed: SearchIndexerOptions['storage'] = {
      search: {
        find: search.find.bind(search),
        lagging: search.lagging.bind(search),
        index(key) {
          indexed.push(key.id)
          return search.index(key)
        },
      },
    }
    const indexer = index({ storage: observed })
    await indexer.drain()
    const projector = project({ onProjected: (key) => indexer.notice(key) })
    const typist = await newTypist()
    for (const word of ['hello ', 'good ', 'people']) {
      await typist.type(word)
      projector.notice(typist.key)
      await projector.drain()
    }
    expect(await found('people')).toBe(0)
    expect(indexer.lagging).toBe(1)
    await indexer.drain()
    expect(indexer.lagging).toBe(0)
    expect(indexed).toEqual([typist.key.id])
    expect(await found('people')).toBe(1)
  })

  test('S2: what a crash left unindexed is found again in the store', async () => {
    const projector = project()
    const typists = await Promise.all(['notes', 'summary'].map((field) => newTypist(field)))
    for (const typist of typists) {
      await typist.type('hello')
      projector.notice(typist.key)
    }
    await projector.drain()
    expect(await found('hello')).toBe(0)
    await index().drain()
    expect(await found('hello')).toBe(2)
    expect(await subject.storage.search.lagging(9)).toEqual([])
  })

  test('a text that the store does not index is tried again', async () => {
    const { search } = subject.storage
    let failures = 2
    const refusing = async (): Promise<CommitResult> => ({ status: 'failed', reason: 'full', fatal: false })
    const projector = project()
    const typist = await newTypist()
    await typist.type('hello')
    projector.notice(typist.key)
    await projector.drain()
    const indexer = index({
      storage: {
        search: {
          find: search.find.bind(search),
          lagging: search.lagging.bind(search),
          index: (key) => (failures-- > 0 ? refusing() : search.index(key)),
        },
      },
    })
    await until(async () => (await found('hello')) === 1, 'the third try')
    await until(() => indexer.failures.length === 0, 'the failure to be forgotten')
  })
})
