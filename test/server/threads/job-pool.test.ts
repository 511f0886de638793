// W6: a job that hangs costs itself and nothing else.
import { afterEach, describe, expect, it } from 'vitest'
import type { JobPool } from '../../../server/threads/job-pool.ts'
import { createJobPool } from '../../../server/threads/job-pool.ts'
import { until } from '../../support/until.ts'

interface Job {
  readonly name: string
  readonly spinMs: number
}

const replaced: number[] = []
let pool: JobPool<Job, string>

function open(workers: number, queueMax = 100): void {
  replaced.length = 0
  pool = createJobPool({
    entry: new URL('./spinning-thread.ts', import.meta.url),
    deadlineMs: 1_000,
    heapMbMax: 128,
    workers,
    queueMax,
    clock: () => performance.now(),
    onReplaced: (ms) => replaced.push(ms),
  })
}
afterEach(() => pool.close())

const run = (name: string, spinMs = 0, deadlineMs = 30_000): Promise<string> =>
  pool.run({ job: { name, spinMs }, transfer: [], deadlineMs })

describe('a pool of workers', () => {
  it('W6: a job that never ends is given up at its deadline, its thread is replaced, all others are done', async () => {
    open(1)
    await run('first')
    const hung = run('hung', Infinity, 250)
    const others = ['a', 'b', 'c'].map((name) => run(name))
    await expect(hung).rejects.toMatchObject({ failure: 'deadline' })
    expect(await Promise.all(others)).toEqual(['a', 'b', 'c'])
    expect(replaced).toHaveLength(1)
    console.log(`a hung thread was replaced after ${replaced[0]?.toFixed(0)} ms`)
  })

  it('W6: a thread is replaced before the next job comes', async () => {
    open(1)
    await expect(run('hung', Infinity, 100)).rejects.toMatchObject({ failure: 'deadline' })
    await until(() => replaced.length === 1, 'the replacement')
  })

  it('W6: while one thread hangs, the other works off what waits', async () => {
    open(2)
    await Promise.all([run('first'), run('second')])
    let hasFailed = false
    const hung = run('hung', Infinity, 10_000).catch(() => {
      hasFailed = true
    })
    expect(await Promise.all(['a', 'b', 'c'].map((name) => run(name)))).toEqual(['a', 'b', 'c'])
    expect(hasFailed).toBe(false)
    await pool.close()
    await hung
    expect(hasFailed).toBe(true)
  })

  it('threads are started as they are needed: jobs that come one after the other have one', async () => {
    open(3)
    const alone = await run('thread')
    for (let count = 0; count < 3; count++) expect(await run('thread')).toBe(alone)
    const together = await Promise.all([run('busy', 500), run('thread')])
    expect(together[1]).not.toBe(alone)
  })

  it('W9: what waits is bounded, and told apart from what failed', async () => {
    open(1, 2)
    const busy = run('busy', 500)
    const waiting = [run('a'), run('b')]
    await expect(run('c')).rejects.toMatchObject({ failure: 'full' })
    expect(await Promise.all([busy, ...waiting])).toEqual(['busy', 'a', 'b'])
    expect(await run('d')).toBe('d')
  })
})
