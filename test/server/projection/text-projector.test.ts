import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { TextProjection } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { contentDigest } from '../../../shared/text/content-digest.ts'
import { at, fieldsPlan, newKey, viewOf } from '../../contract/storage/plan-fixture.ts'
import { newTypist, observed, plainOf, project, subject } from './projector-bench.ts'
import { text } from './text-nodes.ts'
import { tiptapDoc } from './tiptap-document.ts'

describe('following the journal', () => {
  test('S2: a committed update shows in the columns, with its offset and time', async () => {
    const projector = project()
    const typist = await newTypist()
    await typist.type('hello', 7)
    projector.notice(typist.key)
    expect(projector.lagging).toBe(1)
    await projector.drain()
    expect(projector.lagging).toBe(0)
    expect(await subject.storage.readRecord(typist.key)).toMatchObject({
      textVersion: 1,
      projectedTextVersion: 1,
      texts: {
        notes: { plain: 'hello', structure: [{ insert: 'hello' }] },
        summary: { plain: '', structure: [] },
      },
    })
    expect(await subject.rows('patients')).toMatchObject([{ id: typist.key.id, updated_at: at(7) }])
    expect(await subject.storage.search.find('default', 'hello', 5)).toEqual([])
    await subject.storage.search.index(typist.key)
    expect(await subject.storage.search.find('default', 'hello', 5)).toHaveLength(1)
  })

  test('K15: who is told of a projection hears what the text shows, and at which version', async () => {
    const told: { key: RecordKey; version: number; digest: number }[] = []
    const projector = project({ onProjected: (key, content) => told.push({ key, ...content }) })
    const typist = await newTypist()
    await typist.type('hello')
    await typist.type(' world')
    projector.notice(typist.key)
    await projector.drain()
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'hello world')
    expect(told).toEqual([{ key: typist.key, version: 2, digest: contentDigest(doc) }])
  })

  test('S1: a document of an editor arrives as text and as structure', async () => {
    const projector = project()
    const typist = await newTypist()
    const heading = { type: 'heading', attrs: { level: 1 }, content: [text('Plan', 'bold')] }
    await typist.commit(Y.encodeStateAsUpdate(tiptapDoc([heading])))
    projector.notice(typist.key)
    await projector.drain()
    const record = await subject.storage.readRecord(typist.key)
    expect(record?.texts.notes).toEqual({ plain: 'Plan', structure: [heading] })
  })

  test('S2: a burst is projected once, without a drain', async () => {
    const commits: TextProjection[] = []
    const projector = project({ storage: observed((projection) => void commits.push(projection)) })
    const typist = await newTypist()
    for (const string of 'burst') {
      await typist.type(string)
      projector.notice(typist.key)
    }
    await expect.poll(() => plainOf(typist.key)).toBe('burst')
    expect(commits.filter(({ key }) => key.id === typist.key.id)).toHaveLength(1)
  })

  test('S5: a long tail leaves a snapshot, and the next projection builds on it', async () => {
    const projector = project()
    const typist = await newTypist()
    for (let count = 0; count < 250; count += 1) await typist.type('x')
    projector.notice(typist.key)
    await projector.drain()
    const lane = await subject.storage.load(typist.key, 'text')
    expect(lane.snapshot?.version).toBe(250)
    expect(lane.tail).toEqual([])
    await typist.type('y')
    projector.notice(typist.key)
    await projector.drain()
    expect(await plainOf(typist.key)).toBe(`${'x'.repeat(250)}y`)
    expect((await subject.storage.load(typist.key, 'text')).snapshot?.version).toBe(250)
  })

  test('a notice about a record without text does nothing', async () => {
    const projector = project()
    const key = newKey()
    projector.notice(key)
    projector.notice({ ...key, collection: 'unheard-of' })
    await projector.drain()
    expect(projector.failures).toEqual([])
    expect(await subject.storage.readRecord(key)).toBeNull()
  })
})

describe('catching up', () => {
  test('S2: after a restart it continues with what lags', async () => {
    const typists = await Promise.all(Array.from({ length: 5 }, () => newTypist()))
    for (const typist of typists) await typist.type('left behind')
    await project().drain()
    for (const { key } of typists) expect(await plainOf(key)).toBe('left behind')
    expect(await subject.storage.laggingTexts(9)).toEqual([])
  })

  test('S2: what no notice told of is found by the sweep', async () => {
    const projector = project({ pace: { sweepMs: 30 } })
    await projector.drain()
    const typist = await newTypist()
    await typist.type('unnoticed')
    await expect.poll(() => plainOf(typist.key)).toBe('unnoticed')
  })

  test('S3: after the columns were dropped, a snapshot without a tail is projected again', async () => {
    const projector = project()
    const typist = await newTypist()
    await typist.type('x'.repeat(70_000))
    projector.notice(typist.key)
    await projector.drain()
    expect((await subject.storage.load(typist.key, 'text')).tail).toEqual([])
    const rows = await subject.rows('patients')
    await projector.close()

    await subject.storage.resetProjection()
    const { tables } = fieldsPlan(typist.key, 0, 1, { view: viewOf({ name: 'Ada' }) })
    await subject.storage.writeTables(tables)
    await project().drain()
    expect(await plainOf(typist.key)).toBe('x'.repeat(70_000))
    const withoutTime = (row: object): object => ({ ...row, updated_at: null })
    expect((await subject.rows('patients')).map(withoutTime)).toEqual(rows.map(withoutTime))
  })

  test('R4: a record whose collection is not declared any more is passed by', async () => {
    const typist = await newTypist()
    await typist.type('sound')
    const lost = { ...newKey(), collection: 'no longer declared' }
    const laggingTexts = async (limit: number): Promise<readonly RecordKey[]> =>
      [lost, ...(await subject.storage.laggingTexts(limit))].slice(0, limit)
    const projector = project({ storage: { ...observed(() => undefined), laggingTexts } })
    await projector.drain()
    expect(await plainOf(typist.key)).toBe('sound')
    expect(projector.lagging).toBe(0)
  })

  test('more records than a page, and some that cannot be projected at their head', async () => {
    const broken = await Promise.all(Array.from({ length: 3 }, () => newTypist()))
    for (const { commit } of broken) await commit(Uint8Array.of(1, 1, 5, 0, 0))
    const sound = await Promise.all(Array.from({ length: 150 }, () => newTypist()))
    for (const typist of sound) await typist.type('sound')
    const projector = project({ pace: { retryMs: 60_000 } })
    await projector.drain()
    expect(projector.failures.map(({ key }) => key.id).sort()).toEqual(broken.map(({ key }) => key.id).sort())
    expect(await subject.storage.laggingTexts(500)).toHaveLength(3)
  })
})

test('close ends what runs; what came too late is there at the next start', async () => {
  const typist = await newTypist()
  const first = project({ pace: { quietMs: 10_000, lagMsMax: 10_000 } })
  await first.drain()
  await typist.type('later')
  first.notice(typist.key)
  await first.close()
  first.notice(typist.key)
  expect(await plainOf(typist.key)).toBeUndefined()
  await project().drain()
  expect(await plainOf(typist.key)).toBe('later')
})
