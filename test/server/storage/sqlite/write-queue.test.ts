import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { projectionShape } from '../../../../server/storage/sqlite/projection-shape.ts'
import { type StartedWriter, startWriter } from '../../../../server/storage/sqlite/start-writer.ts'
import type { WriteJob } from '../../../../server/storage/sqlite/write-job.ts'
import { WriteQueue } from '../../../../server/storage/sqlite/write-queue.ts'
import { fieldsPlan, newKey } from '../../../contract/storage/plan-fixture.ts'
import { contractSchema } from '../../../contract/storage-contract.ts'
import { newFolder } from './sqlite-subject.ts'

let folder: string
let writer: StartedWriter
beforeEach(async () => {
  folder = newFolder()
  const file = join(folder, 'sluice.db')
  writer = await startWriter({
    file,
    shape: projectionShape(contractSchema),
    definitions: [],
    newStorageId: 'id-1',
  })
})
afterEach(() => rmSync(folder, { recursive: true }))

const job = (): WriteJob => ({ type: 'commit', plan: fieldsPlan(newKey(), 0, 1) })
const dead = { status: 'failed', fatal: true, reason: expect.stringContaining('writer thread') }

test('W5: when the writer dies everything that waits fails as fatal, and so does what comes later', async () => {
  const queue = new WriteQueue(writer.worker)
  const results = Array.from({ length: 10 }, () => queue.submit(job()))
  await writer.worker.terminate()
  const [first, ...others] = await Promise.all(results)
  // The first was on its way to the writer and may have been committed, but not acknowledged.
  expect(first).toSatisfy((result) => result.status === 'committed' || result.fatal)
  expect(others).toEqual(others.map(() => dead))
  expect(await queue.submit(job())).toEqual(dead)
  await queue.close()
})

test('W4: a closing queue answers what it has taken, refuses more, and ends its thread', async () => {
  const queue = new WriteQueue(writer.worker)
  const results = Array.from({ length: 10 }, () => queue.submit(job()))
  const closing = queue.close()
  expect(await queue.submit(job())).toMatchObject({ status: 'failed', fatal: false })
  expect(new Set((await Promise.all(results)).map(({ status }) => status))).toEqual(new Set(['committed']))
  await closing
  expect(writer.worker.threadId).toBe(-1)
  expect(await queue.submit(job())).toMatchObject({ status: 'failed', fatal: false })
})
