// The change log as server-sent events: nothing twice, nothing lost, and an end when there ought to be one.
import { afterEach, describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../../support/event-stream.ts'
import { EventReader } from '../../../support/event-stream.ts'
import { until } from '../../../support/until.ts'
import type { RestBench, RestBenchOptions } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

const benches: RestBench[] = []
async function bench(options: RestBenchOptions = {}): Promise<RestBench> {
  const opened = await openRest(options)
  benches.unshift(opened)
  return opened
}
afterEach(async () => {
  for (const opened of benches.splice(0)) await opened.close()
})

async function follow(
  { app }: RestBench,
  query = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const response = await app.request(`/v1/changes?${query}`, {
    headers: { Accept: 'text/event-stream', ...headers },
  })
  expect(response.headers.get('Content-Type')).toBe('text/event-stream')
  return new EventReader(response)
}

/** Writes a record whose title is the number; two lines if it is odd. */
async function write(rest: RestBench, number: number): Promise<void> {
  const body = { title: String(number), ...(number % 2 === 1 ? { stock: number } : {}) }
  await rest.call('PUT', `/v1/records/items/n${number}`, { body, as: number % 3 === 0 ? 'ada' : 'bob' })
}

const titles = (events: readonly StreamEvent[]): readonly string[] =>
  events.filter(({ data }) => data.field === 'title').map(({ data }) => data.newValue)

const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index))

describe('GET /v1/changes as server-sent events', () => {
  test('an event is an item of the list, with its position as id', async () => {
    const rest = await bench()
    await write(rest, 0)
    await write(rest, 1)
    const stream = await follow(rest, 'after=0')
    const events = await stream.take(3)
    await stream.close()
    const { body } = await rest.call('GET', '/v1/changes')
    expect(events.map(({ data }) => data)).toEqual([...body.items].reverse())
    expect(events.every(({ id, event, data }) => id === data.position && event === 'change')).toBe(true)
  })

  test('C10: a write that is held is an event of its own, under the same ids', async () => {
    const rest = await bench()
    const path = '/v1/records/patients/p1'
    const created = await rest.call('PUT', path, { body: { diagnosis: 'unclear' }, as: 'ada' })
    const headers = { 'If-Match': created.headers.get('ETag') ?? '' }
    await rest.call('PATCH', path, { body: { diagnosis: 'flu' }, headers, as: 'bob' })
    const stream = await follow(rest, 'after=0')
    await rest.call('PATCH', path, { body: { diagnosis: 'covid' }, headers, as: 'cleo' })
    const events = (await stream.take(3)).map(({ id, event, data }) => [
      id === data.position,
      event,
      data.outcome,
    ])
    await stream.close()
    expect(events).toEqual([
      [true, 'change', 'applied'],
      [true, 'change', 'applied'],
      [true, 'conflict', 'held'],
    ])
  })

  test('S6: goes from the backlog over to live with nothing twice and nothing lost, while all write', async () => {
    const rest = await bench()
    for (let number = 0; number < 40; number++) await write(rest, number)
    const stream = await follow(rest, 'after=0')
    const writing = (async () => {
      for (let number = 40; number < 100; number++) await write(rest, number)
    })()
    const events = await stream.take(150)
    await writing
    expect(titles(events)).toEqual(numbers(0, 100))
    const ids = events.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    await stream.close()
  })

  test('S6: Last-Event-ID resumes exactly where it stopped, wherever that was, and goes before `after`', async () => {
    const rest = await bench()
    for (let number = 0; number < 30; number += 2) await write(rest, number)
    const read: StreamEvent[] = []
    for (let round = 0; round < 5; round++) {
      const last = read.at(-1)
      const stream = await follow(
        rest,
        'after=0',
        last === undefined ? {} : { 'Last-Event-ID': String(last.id) },
      )
      read.push(...(await stream.take(3)))
      await stream.close()
    }
    expect(titles(read)).toEqual(numbers(0, 15).map((number) => String(2 * Number(number))))
  })

  test('without a position it tells what is committed from now on, and says at once where that is', async () => {
    const rest = await bench()
    await write(rest, 0)
    const stream = await follow(rest)
    const first = await stream.next()
    expect(first).toEqual({ id: await rest.storage.lastChangePosition('default'), event: null, data: null })
    await write(rest, 2)
    expect(titles(await stream.take(1))).toEqual(['2'])
    await stream.close()
  })

  test('follows what a filter selects, and a heartbeat moves its position past the rest', async () => {
    const rest = await bench({ feed: { heartbeatMs: 150 } })
    const stream = await follow(rest, 'after=0&author=ada&collection=items')
    for (let number = 0; number < 8; number += 2) await write(rest, number)
    expect(titles(await stream.take(2))).toEqual(['0', '6'])
    await write(rest, 8)
    const newest = await rest.storage.lastChangePosition('default')
    await until(async () => (await stream.next())?.id === newest, 'a heartbeat at the newest position')
    await stream.close()
  })

  test('a heartbeat comes when nothing happens', async () => {
    const rest = await bench({ feed: { heartbeatMs: 50 } })
    const stream = await follow(rest)
    const beats = [await stream.next(), await stream.next(), await stream.next()]
    expect(beats.map((beat) => beat?.event)).toEqual([null, null, null])
    await stream.close()
  })

  test('tells of a commit at once, and of one by another node after the next look', async () => {
    const rest = await bench({ feed: { pollMs: 60_000 } })
    const other = await bench({ besides: rest, feed: { pollMs: 50 } })
    const [woken, looking] = [await follow(rest, 'after=0'), await follow(other, 'after=0')]
    await Promise.all([woken.next(), looking.next()])
    const began = Date.now()
    await write(rest, 4)
    expect(titles(await woken.take(1))).toEqual(['4'])
    expect(Date.now() - began).toBeLessThan(30_000)
    expect(titles(await looking.take(1))).toEqual(['4'])
    await Promise.all([woken.close(), looking.close()])
  })

  test('a reader that goes leaves nothing behind, neither does a HEAD request', async () => {
    const rest = await bench()
    const headers = { Accept: 'text/event-stream' }
    expect((await rest.app.request('/v1/changes', { method: 'HEAD', headers })).status).toBe(200)
    expect(rest.commits.subscribers).toBe(0)
    const stream = await follow(rest)
    await stream.next()
    const waiting = stream.next()
    expect(rest.commits.subscribers).toBe(1)
    await stream.close()
    expect(await waiting).toBeNull()
    expect(rest.commits.subscribers).toBe(0)
  })

  test('a server that stops ends the stream of a reader who waits and of one who connects late', async () => {
    const rest = await bench()
    const stream = await follow(rest)
    await stream.next()
    const end = stream.next()
    rest.stopping.abort()
    expect(await end).toBeNull()
    expect(await (await follow(rest, 'after=0')).next()).toBeNull()
    expect(rest.commits.subscribers).toBe(0)
  })

  test('a slow reader holds one page: the store is asked for the next when he has taken it', async () => {
    let pages = 0
    const rest = await bench({
      wrap: (storage) =>
        new Proxy(storage, {
          get(target, name) {
            const member = Reflect.get(target, name, target)
            if (typeof member !== 'function') return member
            return (...given: unknown[]) => {
              if (name === 'listFieldChanges') pages += 1
              return Reflect.apply(member, target, given)
            }
          },
        }),
    })
    for (let number = 0; number < 200; number += 2) await write(rest, number)
    const stream = await follow(rest, 'after=0')
    await stream.next()
    const before = pages
    for (let number = 200; number < 220; number += 2) await write(rest, number)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([before, pages]).toEqual([1, 1])
    expect(titles(await stream.take(109))).toHaveLength(109)
    await stream.close()
  })

  test('a store that fails breaks the stream off, and the log says so', async () => {
    const rest = await bench({
      wrap: (storage) =>
        new Proxy(storage, {
          get(target, name) {
            if (name === 'lastChangePosition') return () => Promise.reject(new Error('disk I/O error'))
            const member = Reflect.get(target, name, target)
            return typeof member === 'function' ? member.bind(target) : member
          },
        }),
    })
    const stream = await follow(rest, 'after=0')
    await expect(stream.next()).rejects.toThrow('disk I/O error')
    expect(rest.logged.map(({ message }) => message)).toEqual(['a change feed broke off'])
    expect(rest.commits.subscribers).toBe(0)
  })
})
