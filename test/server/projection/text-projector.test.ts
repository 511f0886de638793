import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { createTextMaterializer } from '../../../server/projection/text-materializer.ts'
import type { TextProjector, TextProjectorOptions } from '../../../server/projection/text-projector.ts'
import { createTextProjector } from '../../../server/projection/text-projector.ts'
import type { CommitResult, TextProjection } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { at, entryAt, fieldsPlan, newKey, textPlan, viewOf } from '../../contract/storage/plan-fixture.ts'
import { contractSchema } from '../../contract/storage/subject.ts'
import type { SqliteSubject } from '../storage/sqlite/sqlite-subject.ts'
import { openSubject } from '../storage/sqlite/sqlite-subject.ts'
import { text } from './text-nodes.ts'
import { tiptapDoc } from './tiptap-document.ts'

interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly details: Readonly<Record<string, unknown>>
}

const materializer = createTextMaterializer()
afterAll(() => materializer.close())

let subject: SqliteSubject
let lines: LogLine[]
let projectors: TextProjector[]
beforeEach(async () => {
  subject = await openSubject()
  lines = []
  projectors = []
})
afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.close()))
  await subject.cleanup()
})

/** A projector that retries soon and does not sweep on its own unless told to. */
function project(options: Partial<TextProjectorOptions> = {}): TextProjector {
  const line =
    (level: LogLine['level']) =>
    (details: LogLine['details']): void => {
      lines.push({ level, details })
    }
  const projector = createTextProjector({
    storage: subject.storage,
    schema: contractSchema,
    materializer,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    ...options,
    pace: { retryMs: 20, sweepMs: 60_000, ...options.pace },
  })
  projectors.push(projector)
  return projector
}

/** A record with a row, and somebody who types in one of its texts. */
async function newTypist(field = 'notes') {
  const key = newKey()
  await subject.storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({ name: 'Ada' }) }))
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  let version = 0
  return {
    key,
    async type(string: string, second = version + 2): Promise<void> {
      doc.getText(field).insert(doc.getText(field).length, string)
      await this.commit(updates.at(-1) ?? new Uint8Array(), second)
    },
    async commit(bytes: Uint8Array, second = version + 2): Promise<void> {
      const entry = { ...entryAt(second), kind: 'update' as const, hash: null, bytes }
      await subject.storage.commit(textPlan(key, version, second, { journal: [entry] }))
      version += 1
    },
  }
}

const plainOf = async (key: RecordKey, field = 'notes'): Promise<string | undefined> =>
  (await subject.storage.readRecord(key))?.texts[field]?.plain

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
    expect(await subject.storage.search('default', 'hello', 5)).toHaveLength(1)
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

describe('failures', () => {
  test('W6: a poisoned document is reported and does not stop the others', async () => {
    const projector = project()
    const [poisoned, sound] = [await newTypist(), await newTypist()]
    await poisoned.commit(Uint8Array.of(1, 1, 5, 0, 0))
    await sound.type('sound')
    projector.notice(poisoned.key)
    projector.notice(sound.key)
    await projector.drain()
    expect(await plainOf(sound.key)).toBe('sound')
    expect(projector.lagging).toBe(1)
    expect(projector.failures).toMatchObject([{ key: poisoned.key }])
    expect(lines.find(({ level }) => level === 'error')?.details).toMatchObject({ key: poisoned.key })
  })

  test('W5: a store that fails is tried again until it takes the text', async () => {
    let failing = 3
    const storage = observed((): CommitResult | undefined => {
      failing -= 1
      return failing >= 0 ? { status: 'failed', reason: 'disk full', fatal: false } : undefined
    })
    const projector = project({ storage })
    const typist = await newTypist()
    await typist.type('kept')
    projector.notice(typist.key)
    await expect.poll(() => plainOf(typist.key)).toBe('kept')
    expect(projector.failures).toEqual([])
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'info'])
    expect(lines[2]?.details).toMatchObject({ attempts: 3, reason: 'Error: disk full' })
  })

  test('W3: a text that another node has projected meanwhile is left alone', async () => {
    const typist = await newTypist()
    await typist.type('first')
    const storage = observed(async ({ key, textVersion }): Promise<undefined> => {
      if (textVersion !== 1) return
      await typist.type(' and second')
      const texts = { notes: { plain: 'by another node', structure: [] } }
      await subject.storage.commitText({ key, textVersion: 2, texts, updatedAt: at(9), snapshot: null })
    })
    const projector = project({ storage })
    await projector.drain()
    expect(await plainOf(typist.key)).toBe('by another node')
    expect(projector.failures).toEqual([])
    expect(lines).toEqual([])
  })

  test('a store that cannot be asked at the start is asked again', async () => {
    let asked = 0
    const storage = {
      ...observed(() => undefined),
      async laggingTexts(limit: number) {
        asked += 1
        if (asked === 1) throw new Error('not yet')
        return subject.storage.laggingTexts(limit)
      },
    }
    const typist = await newTypist()
    await typist.type('late')
    project({ storage })
    await expect.poll(() => plainOf(typist.key)).toBe('late')
    expect(lines).toMatchObject([{ level: 'error', details: { reason: 'Error: not yet' } }])
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

/** The store, with a look at each text before it is committed; a result that is given replaces the commit. */
function observed(
  look: (projection: TextProjection) => CommitResult | undefined | Promise<CommitResult | undefined>,
): TextProjectorOptions['storage'] {
  const { storage } = subject
  return {
    load: (key, lane) => storage.load(key, lane),
    readRecord: (key) => storage.readRecord(key),
    laggingTexts: (limit) => storage.laggingTexts(limit),
    commitText: async (projection) => (await look(projection)) ?? storage.commitText(projection),
  }
}
