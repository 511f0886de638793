import { expect, test } from 'vitest'
import { commitJob, commitTextJob } from '../../../../server/storage/sqlite/write-job.ts'
import { entryAt, fieldsPlan, newKey, textProjection } from '../../../contract/storage/plan-fixture.ts'

const bufferBytes = (bytes: Uint8Array | null | undefined): number | undefined => bytes?.buffer.byteLength

test('bytes travel without the buffer that they are a part of', () => {
  const part = new Uint8Array(1_000_000).subarray(10, 12)
  const job = commitJob(
    fieldsPlan(newKey(), 0, 1, { journal: [{ ...entryAt(1), bytes: part }], snapshot: part }),
  )
  if (job.type !== 'commit') throw new Error('a plan makes a commit job')
  expect(bufferBytes(job.plan.journal[0]?.bytes)).toBe(2)
  expect(bufferBytes(job.plan.snapshot)).toBe(2)
  const text = commitTextJob(textProjection(newKey(), 1, 'x', { snapshot: part }))
  if (text.type !== 'commit-text') throw new Error('a projection makes a text job')
  expect(bufferBytes(text.projection.snapshot)).toBe(2)
})

test('bytes that have a buffer of their own are not copied', () => {
  const bytes = Uint8Array.of(1, 2)
  const job = commitJob(fieldsPlan(newKey(), 0, 1, { journal: [{ ...entryAt(1), bytes }] }))
  expect(job.type === 'commit' && job.plan.journal[0]?.bytes).toBe(bytes)
})
