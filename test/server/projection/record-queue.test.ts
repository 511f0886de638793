import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RecordFailure } from '../../../server/projection/record-queue.ts'
import { RecordQueue } from '../../../server/projection/record-queue.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { manualTimers, settle } from './manual-timers.ts'

const key = (id: string): RecordKey => ({ tenant: 'default', collection: 'articles', id })
const [a, b, c] = [key('a'), key('b'), key('c')]

/** A queue whose work is to note what runs when; work on `broken` records throws, on `slow` ones it takes time. */
function bench(
  options: { broken?: Set<string>; slow?: ReadonlyMap<string, number>; runningMax?: number } = {},
) {
  const timers = manualTimers()
  const runs: string[] = []
  const [failures, recoveries]: [RecordFailure[], RecordFailure[]] = [[], []]
  let running = 0
  let mostRunning = 0
  const queue = new RecordQueue({
    quietMs: 50,
    lagMsMax: 500,
    perSecond: 1_000,
    busyLagMsMax: 2_000,
    stepMs: 10,
    retryMs: 1_000,
    retryMsMax: 60_000,
    runningMax: options.runningMax ?? 2,
    timers,
    async run({ id }) {
      runs.push(`${id}@${timers.now()}`)
      running += 1
      mostRunning = Math.max(mostRunning, running)
      const slowMs = options.slow?.get(id) ?? 0
      if (slowMs > 0) await new Promise<void>((resolve) => timers.after(slowMs, resolve))
      running -= 1
      if (options.broken?.has(id)) throw new Error('cannot')
    },
    onFailure: (failure) => failures.push(failure),
    onRecovery: (failure) => recoveries.push(failure),
  })
  return { timers, queue, runs, failures, recoveries, mostRunning: () => mostRunning }
}

describe('pace', () => {
  test('S2: a burst is one run, once the record is quiet', async () => {
    const { timers, queue, runs } = bench()
    for (let count = 0; count < 5; count += 1) {
      queue.notice(a)
      await timers.advance(40)
    }
    expect(runs).toEqual([])
    await timers.advance(10)
    expect(runs).toEqual(['a@210'])
    expect(queue.size).toBe(0)
  })

  test('S2: records that are quiet within one step are due together', async () => {
    const { timers, queue, runs } = bench()
    await timers.advance(3)
    queue.notice(a)
    await timers.advance(5)
    queue.notice(b)
    await timers.advance(100)
    expect(runs).toEqual(['a@60', 'b@60'])
  })

  test('S2: under constant load a record lags by at most the limit', async () => {
    const { timers, queue, runs } = bench()
    for (let at = 0; at < 1_200; at += 20) {
      queue.notice(a)
      await timers.advance(20)
    }
    expect(runs).toEqual(['a@500', 'a@1000'])
  })

  test('S2: where more change in a second than are worked on, each waits as long as the work on all takes', async () => {
    const { timers, queue, runs } = bench({ runningMax: 1_000 })
    const many = Array.from({ length: 700 }, (_, index) => key(`r${index}`))
    for (let at = 0; at < 700; at += 10) {
      for (const one of many) queue.notice(one)
      await timers.advance(10)
    }
    expect(new Set(runs)).toEqual(new Set(many.map(({ id }) => `${id}@700`)))
    expect(runs).toHaveLength(700)
  })

  test('S2: however many change, none lags by more than the limit for many', async () => {
    const { timers, queue, runs } = bench({ runningMax: 5_000 })
    const many = Array.from({ length: 4_000 }, (_, index) => key(`r${index}`))
    for (let at = 0; at < 2_500; at += 100) {
      for (const one of many) queue.notice(one)
      await timers.advance(100)
    }
    expect(runs).toHaveLength(4_000)
    expect(new Set(runs.map((run) => run.split('@')[1]))).toEqual(new Set(['2000']))
  })

  test('a notice during a run leads to another run; several lead to one', async () => {
    const { timers, queue, runs } = bench({ slow: new Map([['a', 100]]) })
    queue.notice(a)
    await timers.advance(60)
    queue.notice(a)
    await timers.advance(30)
    queue.notice(a)
    await timers.advance(500)
    expect(runs).toEqual(['a@50', 'a@150'])
    expect(queue.size).toBe(0)
  })

  test('no more run at once than allowed, and one record never twice', async () => {
    const slow = new Map([a, b, c].map(({ id }) => [id, 100]))
    const { timers, queue, runs, mostRunning } = bench({ slow })
    for (const record of [a, b, c, a]) queue.notice(record)
    await timers.advance(1_000)
    expect(runs).toEqual(['a@50', 'b@50', 'c@150'])
    expect(mostRunning()).toBe(2)
  })

  test('S2: whatever comes when, no notice is lost', async () => {
    const steps = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), wait: fc.nat(120) }), {
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (notices) => {
        const { timers, queue, runs } = bench({ slow: new Map([['a', 70]]), runningMax: 1 })
        const last = new Map<string, number>()
        for (const { id, wait } of notices) {
          queue.notice(key(id))
          last.set(id, timers.now())
          await timers.advance(wait)
        }
        await timers.advance(10_000)
        for (const [id, noticedAt] of last) {
          const lastRun = runs.filter((run) => run.startsWith(id)).at(-1) ?? ''
          expect(Number(lastRun.slice(2))).toBeGreaterThanOrEqual(noticedAt)
        }
        expect(queue.size).toBe(0)
      }),
      { numRuns: 50 },
    )
  })
})

describe('failures', () => {
  test('W5: a record that fails is tried again, ever more rarely, until it succeeds', async () => {
    const broken = new Set(['a'])
    const { timers, queue, runs, failures, recoveries } = bench({ broken })
    queue.notice(a)
    await timers.advance(8_000)
    expect(runs).toEqual(['a@50', 'a@1050', 'a@3050', 'a@7050'])
    expect(queue.failures).toEqual([{ key: a, attempts: 4, reason: 'Error: cannot' }])
    expect(failures).toHaveLength(4)
    broken.clear()
    await timers.advance(8_000)
    expect(queue.failures).toEqual([])
    expect(recoveries).toEqual([{ key: a, attempts: 4, reason: 'Error: cannot' }])
    expect(queue.size).toBe(0)
  })

  test('a poisoned record takes a tenth of the time at most, however often it is written to', async () => {
    const slow = new Map([['a', 2_000]])
    const { timers, queue, runs } = bench({ broken: new Set(['a']), slow, runningMax: 1 })
    for (let at = 0; at < 60_000; at += 100) {
      queue.notice(a)
      queue.notice(b)
      await timers.advance(100)
    }
    expect(runs.filter((run) => run.startsWith('a'))).toEqual(['a@50', 'a@22050', 'a@44050'])
    expect(runs.filter((run) => run.startsWith('b')).length).toBeGreaterThan(500)
  })

  test('the wait between retries has an upper bound', async () => {
    const { timers, queue, runs } = bench({ broken: new Set(['a']) })
    queue.notice(a)
    await timers.advance(1_000_000)
    const times = runs.map((run) => Number(run.slice(2)))
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(60_000)
  })
})

describe('the end', () => {
  test('drain hurries, and leaves what waits for a retry', async () => {
    const { queue, runs, failures } = bench({ broken: new Set(['b']) })
    queue.notice(a)
    queue.notice(b)
    await queue.drain()
    expect(runs).toEqual(['a@0', 'b@0'])
    expect(failures).toHaveLength(1)
    expect(queue.size).toBe(1)
    await queue.drain()
    expect(runs).toHaveLength(2)
  })

  test('drain waits for what was noticed while it ran', async () => {
    const { timers, queue, runs } = bench({ slow: new Map([['a', 100]]) })
    queue.notice(a)
    let drained = false
    const draining = queue.drain().then(() => {
      drained = true
    })
    await settle()
    queue.notice(a)
    await timers.advance(100)
    expect(runs).toEqual(['a@0', 'a@100'])
    expect(drained).toBe(false)
    await timers.advance(100)
    await draining
    expect(queue.size).toBe(0)
  })

  test('close waits for what runs, starts nothing more, and lets drain end', async () => {
    const { timers, queue, runs } = bench({ slow: new Map([['a', 100]]), runningMax: 1 })
    queue.notice(a)
    queue.notice(b)
    const draining = queue.drain()
    await settle()
    let closed = false
    const closing = queue.close().then(() => {
      closed = true
    })
    await timers.advance(99)
    expect(closed).toBe(false)
    await timers.advance(1)
    await Promise.all([closing, draining])
    queue.notice(c)
    await timers.advance(10_000)
    expect(runs).toEqual(['a@0'])
    await queue.close()
  })
})
