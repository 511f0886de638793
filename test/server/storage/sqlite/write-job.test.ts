import { expect, test } from 'vitest'
import { sentJob } from '../../../../server/storage/sqlite/write-job.ts'
import {
  entryAt,
  fieldsPlan,
  newKey,
  snapshotAt,
  textProjection,
} from '../../../contract/storage/plan-fixture.ts'

const bufferBytes = (bytes: Uint8Array | null | undefined): number | undefined => bytes?.buffer.byteLength

test('bytes travel without the buffer that they are a part of', () => {
  const part = new Uint8Array(1_000_000).subarray(10, 12)
  const plan = fieldsPlan(newKey(), 0, 1, { journal: [{ ...entryAt(1), bytes: part }] })
  const job = sentJob({ type: 'commit', plan })
  if (typeof job === 'string' || job.type !== 'commit') throw new Error('a commit stays a commit')
  expect(bufferBytes(job.plan.journal[0]?.bytes)).toBe(2)
  expect(job.plan.view?.fields).toBe(JSON.stringify(plan.view?.fields))
  const kept = sentJob({
    type: 'keep-snapshots',
    key: newKey(),
    snapshots: [{ ...snapshotAt(1, 1, []), bytes: part }],
  })
  if (typeof kept === 'string' || kept.type !== 'keep-snapshots') throw new Error('snapshots stay snapshots')
  expect(bufferBytes(kept.snapshots[0]?.bytes)).toBe(2)
  const projection = textProjection(newKey(), 1, 'x', { snapshot: part })
  const text = sentJob({ type: 'commit-text', projection })
  if (typeof text === 'string' || text.type !== 'commit-text') throw new Error('a projection stays one')
  expect(bufferBytes(text.projection.snapshot)).toBe(2)
})

test('bytes that have a buffer of their own are not copied', () => {
  const bytes = Uint8Array.of(1, 2)
  const plan = fieldsPlan(newKey(), 0, 1, { journal: [{ ...entryAt(1), bytes }] })
  const job = sentJob({ type: 'commit', plan })
  expect(typeof job !== 'string' && job.type === 'commit' && job.plan.journal[0]?.bytes).toBe(bytes)
})
