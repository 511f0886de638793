import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { projectionShape } from '../../../../server/storage/sqlite/projection-shape.ts'
import { type StartedWriter, startWriter } from '../../../../server/storage/sqlite/start-writer.ts'
import type { WriteJob } from '../../../../server/storage/sqlite/write-job.ts'
import { WriteQueue } from '../../../../server/storage/sqlite/write-queue.ts'
import type { RecordKey } from '../../../../shared/record/record-key.ts'
import { fieldsPlan, newKey, textPlan } from '../../../contract/storage/plan-fixture.ts'
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

const keystroke = (key: RecordKey, version: number): WriteJob => ({
  type: 'commit',
  plan: textPlan(key, version, version + 1),
})

/** A queue whose clock stands still, and how many batches it has sent. */
function counted(): { readonly queue: WriteQueue; batches(): number } {
  const sent = vi.spyOn(writer.worker, 'postMessage')
  return { queue: new WriteQueue(writer.worker, () => 0), batches: () => sent.mock.calls.length }
}

const committed = (results: readonly Promise<unknown>[]) =>
  expect(Promise.all(results)).resolves.toEqual(results.map(() => ({ status: 'committed' })))

/** Sixteen of them, one after the other. */
async function typeIn(queue: WriteQueue, records: number): Promise<readonly RecordKey[]> {
  const keys = Array.from({ length: records }, () => newKey())
  for (let typed = 0; typed < 16; typed++) {
    const key = keys[typed % records]
    if (key !== undefined) await committed([queue.submit(keystroke(key, Math.floor(typed / records)))])
  }
  return keys
}

test('W4: keystrokes in many records that follow on a batch share one transaction', async () => {
  const { queue, batches } = counted()
  const [one, other] = await typeIn(queue, 16)
  if (one === undefined || other === undefined) throw new RangeError('no records')
  const before = { sent: batches(), transactions: queue.transactions }
  const first = queue.submit(keystroke(one, 1))
  await new Promise((resolve) => setImmediate(resolve))
  const second = queue.submit(keystroke(other, 1))
  expect(batches()).toBe(before.sent)
  await committed([first, second])
  expect(queue.transactions).toBe(before.transactions + 1)
  await queue.close()
})

test('W4: who waits for an answer does not wait for keystrokes, and takes along what waits', async () => {
  const { queue, batches } = counted()
  const [key] = await typeIn(queue, 16)
  if (key === undefined) throw new RangeError('no records')
  const before = { sent: batches(), transactions: queue.transactions }
  const typed = queue.submit(keystroke(key, 1))
  expect(batches()).toBe(before.sent)
  const written = queue.submit(job())
  expect(batches()).toBe(before.sent + 1)
  await committed([typed, written])
  expect(queue.transactions).toBe(before.transactions + 1)
  await queue.close()
})

test('W4: keystrokes in few records go at once', async () => {
  const { queue, batches } = counted()
  const [key] = await typeIn(queue, 4)
  if (key === undefined) throw new RangeError('no records')
  const before = batches()
  const typed = queue.submit(keystroke(key, 4))
  expect(batches()).toBe(before + 1)
  await committed([typed])
  await queue.close()
})

test('W4: a closing queue does not wait for more keystrokes', async () => {
  const { queue, batches } = counted()
  const [key] = await typeIn(queue, 16)
  if (key === undefined) throw new RangeError('no records')
  const before = batches()
  const typed = queue.submit(keystroke(key, 1))
  const closing = queue.close()
  expect(batches()).toBe(before + 1)
  await committed([typed])
  await closing
})

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
