import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { TextProjection } from '../../../server/storage/storage.ts'
import { contentDigest } from '../../../shared/text/content-digest.ts'
import {
  materializer,
  newTypist,
  observed,
  plainOf,
  project,
  readingsObserved,
  subject,
} from './projector-bench.ts'

/** So much that the text counts as one that is being written. */
const BUSY = 100

describe('a text that is being written', () => {
  test('S2: its journal is read once, and then what the room says is projected', async () => {
    let readings = 0
    const digests: number[] = []
    const projector = project({
      storage: readingsObserved(() => (readings += 1)),
      onProjected: (_, { digest }) => digests.push(digest),
    })
    const typist = await newTypist()
    for (let count = 0; count < BUSY; count++) projector.notice(typist.key, await typist.type('x'))
    await projector.drain()
    for (const string of ['y', 'z']) {
      projector.notice(typist.key, await typist.type(string, 200))
      await projector.drain()
    }
    expect(readings).toBe(1)
    expect(await plainOf(typist.key)).toBe(`${'x'.repeat(BUSY)}yz`)
    const [row] = await subject.rows('patients')
    expect(row?.updated_at).toContain('03:20')
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, `${'x'.repeat(BUSY)}yz`)
    expect(digests.at(-1)).toBe(contentDigest(doc))
  })

  test('S5: it gets its snapshots, as others do', async () => {
    const projector = project()
    const typist = await newTypist()
    for (let count = 0; count < BUSY; count++) projector.notice(typist.key, await typist.type('x'))
    await projector.drain()
    expect((await subject.storage.load(typist.key, 'text')).snapshot).toBeNull()
    for (let count = 0; count < 150; count++) projector.notice(typist.key, await typist.type('y'))
    await projector.drain()
    const { snapshot } = await subject.storage.load(typist.key, 'text')
    expect(snapshot?.version).toBe(BUSY + 150)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, snapshot?.bytes ?? new Uint8Array())
    expect(doc.getText('notes').toString()).toBe('x'.repeat(BUSY) + 'y'.repeat(150))
  })

  test('S3: whatever is not told, told late or lost, the columns show the journal', async () => {
    const step = fc.constantFrom('told', 'noticed', 'unheard', 'drained', 'held no more')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const commits: TextProjection[] = []
        let isForgetful = false
        const projector = project({
          storage: observed((projection) => void commits.push(projection)),
          materializer: {
            materialize: materializer.materialize,
            advance: (request) => (isForgetful ? Promise.resolve(null) : materializer.advance(request)),
          },
        })
        const typist = await newTypist()
        for (let count = 0; count < BUSY; count++) projector.notice(typist.key, await typist.type('x'))
        await projector.drain()
        let typed = 'x'.repeat(BUSY)
        for (const [index, one] of steps.entries()) {
          if (one === 'drained') await projector.drain()
          else if (one === 'held no more') isForgetful = !isForgetful
          else {
            const news = await typist.type(String(index))
            typed += String(index)
            if (one === 'told') projector.notice(typist.key, news)
            if (one === 'noticed') projector.notice(typist.key)
          }
        }
        projector.notice(typist.key)
        await projector.drain()
        expect(projector.failures).toEqual([])
        expect(await plainOf(typist.key)).toBe(typed)
        for (const { textVersion, texts } of commits.filter(({ key }) => key.id === typist.key.id))
          expect(texts.notes?.plain).toBe(typedAt(steps, textVersion))
      }),
      { numRuns: 30 },
    )
  })

  test('W5: a projection that was not written is made anew from the journal', async () => {
    let readings = 0
    let fails = false
    const storage = readingsObserved(() => (readings += 1))
    const projector = project({
      storage: {
        ...storage,
        commitText: async (projection) =>
          fails ? { status: 'failed', reason: 'no disk', fatal: false } : storage.commitText(projection),
      },
    })
    const typist = await newTypist()
    for (let count = 0; count < BUSY; count++) projector.notice(typist.key, await typist.type('x'))
    await projector.drain()
    fails = true
    projector.notice(typist.key, await typist.type('y'))
    await projector.drain()
    expect(projector.failures).toHaveLength(1)
    fails = false
    await expect.poll(() => plainOf(typist.key)).toBe(`${'x'.repeat(BUSY)}y`)
    expect(readings).toBe(2)
  })
})

/** What had been typed at a version of the lane. */
function typedAt(steps: readonly string[], version: number): string {
  const strings = [...steps.entries()]
    .filter(([, one]) => ['told', 'noticed', 'unheard'].includes(one))
    .map(([index]) => String(index))
  return 'x'.repeat(BUSY) + strings.slice(0, Math.max(0, version - BUSY)).join('')
}
