import { expect, test } from 'vitest'
import type { CommitResult } from '../../../server/storage/storage.ts'
import { at } from '../../contract/storage/plan-fixture.ts'
import { lines, newTypist, observed, plainOf, project, subject } from './projector-bench.ts'

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
  // The text is there before the projector says so.
  await projector.drain()
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
