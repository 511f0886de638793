import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type {
  TextMaterializer,
  TextMaterializerOptions,
} from '../../../server/projection/text-materializer.ts'
import { createTextMaterializer } from '../../../server/projection/text-materializer.ts'
import { replayText } from '../../../server/projection/text-replay.ts'
import { JobError } from '../../../server/threads/job-worker.ts'
import { contentDigest } from '../../../shared/text/content-digest.ts'

const opened: TextMaterializer[] = []
afterEach(() => Promise.all(opened.splice(0).map((materializer) => materializer.close())))

function open(options?: TextMaterializerOptions): TextMaterializer {
  const materializer = createTextMaterializer(options)
  opened.push(materializer)
  return materializer
}

/** The updates of somebody who types. */
function typing(...strings: readonly string[]): readonly Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const string of strings) doc.getText('notes').insert(doc.getText('notes').length, string)
  return updates
}

/** Updates in reverse order all miss what they build on, and pile up ever more slowly. */
const endless = (): readonly Uint8Array[] => typing(...'x'.repeat(20_000)).toReversed()

const request = (updates: readonly Uint8Array[]) => ({
  snapshot: null,
  updates,
  texts: ['notes'],
  wantSnapshot: false,
})

test('S2: a journal becomes texts, in a thread', async () => {
  const updates = typing('hello', ' ', 'world')
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  expect(await open().materialize({ ...request(updates), texts: ['notes', 'summary'] })).toEqual({
    texts: {
      notes: { plain: 'hello world', structure: [{ insert: 'hello world' }] },
      summary: { plain: '', structure: [] },
    },
    snapshot: null,
    digest: contentDigest(doc),
  })
})

test('S5: a snapshot and the updates after it give what all updates give', async () => {
  const updates = typing('hello', ' ', 'world')
  const materializer = open()
  const { snapshot } = await materializer.materialize({ ...request(updates.slice(0, 2)), wantSnapshot: true })
  const rest = await materializer.materialize({ ...request(updates.slice(2)), snapshot })
  expect(rest).toEqual(await materializer.materialize(request(updates)))
  expect(rest.texts.notes?.plain).toBe('hello world')
})

test('S2: what is held takes what is new, and one that is not is told', async () => {
  const updates = typing('hello', ' ', 'world', '!')
  const materializer = open()
  const reading = { texts: ['notes'], wantSnapshot: true }
  const advance = { ...reading, name: 'a', onto: 2, version: 4, updates: updates.slice(2) }
  expect(await materializer.advance(advance)).toBeNull()
  const hold = { name: 'a', version: 2 }
  await materializer.materialize({ ...request(updates.slice(0, 2)), hold })
  expect(await materializer.advance(advance)).toEqual(
    await materializer.materialize({ ...request(updates), wantSnapshot: true }),
  )
  // It has moved on.
  expect(await materializer.advance(advance)).toBeNull()
})

test('W6: a document that an update has spoilt is held no more', async () => {
  const materializer = open()
  const advance = { texts: ['notes'], wantSnapshot: false, name: 'a', onto: 1, version: 2 }
  await materializer.materialize({ ...request(typing('hello')), hold: { name: 'a', version: 1 } })
  const poison = materializer.advance({ ...advance, updates: [Uint8Array.of(1, 1, 5, 0, 0)] })
  await expect(poison).rejects.toThrow(JobError)
  expect(await materializer.advance({ ...advance, updates: [] })).toBeNull()
})

test('S3: wherever snapshots were taken, formatted text reads the same', () => {
  const edit = fc.record({
    at: fc.nat(20),
    length: fc.nat(8),
    bold: fc.constantFrom(true, null),
    text: fc.string(),
  })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 20 }), fc.nat(20), (edits, cut) => {
      const doc = new Y.Doc()
      const updates: Uint8Array[] = []
      doc.on('update', (update: Uint8Array) => updates.push(update))
      const paragraph = new Y.XmlElement('paragraph')
      doc.getXmlFragment('notes').insert(0, [paragraph])
      const text = new Y.XmlText('start')
      paragraph.insert(0, [text])
      for (const { at, length, bold, text: inserted } of edits) {
        text.insert(Math.min(at, text.length), inserted, { bold })
        text.format(0, Math.min(length, text.length), { bold: bold === null ? true : null })
      }
      const first = replayText({ updates: updates.slice(0, cut), texts: [], wantSnapshot: true })
      const read = (from: readonly Uint8Array[]): string =>
        JSON.stringify(replayText({ updates: from, texts: ['notes'], wantSnapshot: false }))
      expect(read([first.snapshot ?? new Uint8Array(), ...updates.slice(cut)])).toBe(read(updates))
    }),
  )
})

test('the caller keeps his bytes', async () => {
  const updates = typing('hello')
  const before = updates.map((update) => [...update])
  await open().materialize(request(updates))
  expect(updates.map((update) => [...update])).toEqual(before)
})

describe('a job that fails', () => {
  test('W6: an update that Yjs cannot read is refused, and the thread goes on', async () => {
    const materializer = open()
    const broken = materializer.materialize(request([Uint8Array.of(1, 1, 5, 0, 0)]))
    const sound = materializer.materialize(request(typing('sound')))
    await expect(broken).rejects.toMatchObject({ name: 'JobError', failure: 'refused' })
    expect((await sound).texts.notes?.plain).toBe('sound')
  })

  test('W6: one that exceeds the deadline is killed, and the next one succeeds', async () => {
    const materializer = open({ deadlineMs: 400 })
    const killed = materializer.materialize(request(endless()))
    await expect(killed).rejects.toMatchObject({
      failure: 'deadline',
      message: 'the job took more than 400 ms',
    })
    const before = process.cpuUsage()
    await delay(300)
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(150)
    expect((await materializer.materialize(request(typing('next')))).texts.notes?.plain).toBe('next')
  })

  test('W6: what is asked for in the same turn is answered, whatever becomes of its neighbours', async () => {
    const materializer = open({ deadlineMs: 300 })
    const [first, broken, slow, last] = [
      materializer.materialize(request(typing('first'))),
      materializer.materialize(request([Uint8Array.of(1, 1, 1)])),
      materializer.materialize(request(endless())),
      materializer.materialize(request(typing('last'))),
    ]
    const failures = Promise.all([
      expect(broken).rejects.toMatchObject({ failure: 'refused' }),
      expect(slow).rejects.toMatchObject({ failure: 'deadline' }),
    ])
    expect((await first).texts.notes?.plain).toBe('first')
    expect((await last).texts.notes?.plain).toBe('last')
    await failures
  })

  test('W6: one that exhausts the heap kills its thread alone', async () => {
    // Typed backwards, every character stays an item of its own.
    const backwards = new Y.Doc()
    backwards.transact(() => {
      for (let count = 0; count < 300_000; count += 1) backwards.getText('notes').insert(0, 'x')
    })
    const materializer = open({ heapMbMax: 40 })
    const huge = materializer.materialize(request([Y.encodeStateAsUpdate(backwards)]))
    await expect(huge).rejects.toMatchObject({ failure: 'crashed' })
    expect((await materializer.materialize(request(typing('next')))).texts.notes?.plain).toBe('next')
  })
})

test('close rejects what is not answered, and what comes after', async () => {
  const materializer = open()
  const pending = [
    materializer.materialize(request(typing('a'))),
    materializer.materialize(request(typing('b'))),
  ]
  const rejected = Promise.all(pending.map((job) => expect(job).rejects.toMatchObject({ failure: 'closed' })))
  await materializer.close()
  await rejected
  await expect(materializer.materialize(request(typing('c')))).rejects.toMatchObject({ failure: 'closed' })
  await materializer.close()
})

test('close does not wait for the job that runs', async () => {
  const materializer = open()
  await materializer.materialize(request([]))
  const running = expect(materializer.materialize(request(endless()))).rejects.toMatchObject({
    failure: 'closed',
  })
  await delay(50)
  await materializer.close()
  await running
})
