// The change log as a stream from the real program over HTTP: connect again, survive a crash, stop in time.
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { EventReader, type StreamEvent } from '../support/event-stream.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'

async function follow(url: string, query: string, lastId?: number): Promise<EventReader> {
  const response = await fetch(`${url}/v1/changes?${query}`, {
    headers: {
      accept: 'text/event-stream',
      ...(lastId === undefined ? {} : { 'last-event-id': String(lastId) }),
    },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('cache-control')).toBe('private, no-cache')
  return new EventReader(response)
}

/** The next event that is no heartbeat; null once the stream has ended. */
async function changeOrEnd(stream: EventReader): Promise<StreamEvent | null> {
  for (;;) {
    const event = await stream.next()
    if (event === null || event.event !== null) return event
  }
}

/** The default of SLUICE_STOP_TIMEOUT_MS: beyond it a stop is forced. */
const STOP_TIMEOUT_MS = 10_000

const write = (url: string, number: number): Promise<unknown> =>
  rest(url, 'PUT', `/v1/records/items/n${number}`, { name: String(number) }, as('ada'))

describe('GET /v1/changes over HTTP', () => {
  it('W4: resumes by Last-Event-ID over a SIGKILL: every acknowledged write once, in order', async () => {
    await using server = await ServerProcess.start()
    const first = await follow(server.url, 'after=0')
    for (let number = 0; number < 5; number++) await write(server.url, number)
    const read = [...(await first.take(3))]
    await first.close()
    await server.restart()

    const second = await follow(server.url, 'after=0', read.at(-1)?.id)
    const writing = (async () => {
      for (let number = 5; number < 10; number++) await write(server.url, number)
    })()
    read.push(...(await second.take(7)))
    await writing
    expect(read.map(({ data }) => data.newValue)).toEqual(Array.from({ length: 10 }, (_, n) => String(n)))
    expect(read.every(({ id, data }) => id === data.position)).toBe(true)
    await second.close()
  })

  it('SIGTERM ends open streams, cuts off who takes nothing or asks for nothing, and the program exits with 0 in time', async () => {
    await using server = await ServerProcess.start()
    const streams = [await follow(server.url, ''), await follow(server.url, 'author=nobody')]
    for (const stream of streams) await stream.next()
    const ends = streams.map(changeOrEnd)

    // More than the sockets of both sides hold, or the end of the stream would get through.
    const big = 'x'.repeat(60_000)
    for (let batch = 0; batch < 10; batch++) {
      const puts = Array.from({ length: 25 }, (_, number) =>
        rest(server.url, 'PUT', `/v1/records/items/big${batch}-${number}`, { name: big }),
      )
      for (const { status } of await Promise.all(puts)) expect(status).toBe(201)
    }
    const silent = connect(server.port, '127.0.0.1')
    silent.on('error', () => {})
    const deaf = connect(server.port, '127.0.0.1')
    deaf.on('error', () => {})
    deaf.pause()
    deaf.write(
      `GET /v1/changes?after=0 HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAccept: text/event-stream\r\n\r\n`,
    )
    await new Promise((resolve) => setTimeout(resolve, 500))

    const began = Date.now()
    const code = await server.stop()
    expect([code, Date.now() - began < STOP_TIMEOUT_MS]).toEqual([0, true])
    const [first] = await Promise.all(ends)
    expect(first === null || first?.event === 'change').toBe(true)
    expect(await ends[1]).toBeNull()
    deaf.destroy()
    silent.destroy()
  })

  it('"your edit lost": the author follows what he loses and writes it again', async () => {
    await using server = await ServerProcess.start()
    const path = '/v1/records/tickets/T-9'
    const { etag } = await rest(server.url, 'PUT', path, { title: 'Crash', status: 'open' })
    const lost = await follow(server.url, 'outcome=superseded&author=ada')
    await lost.next()
    await rest(server.url, 'PATCH', path, { status: 'done' }, { 'if-match': etag, ...as('ada') })
    await rest(server.url, 'PATCH', path, { status: 'in progress' }, { 'if-match': etag, ...as('bob') })
    const [event] = await lost.take(1)
    expect(event?.data).toMatchObject({ field: 'status', oldValue: 'done', newValue: 'in progress' })

    const restored = await rest(server.url, 'POST', `/v1/changes/${event?.id}/restore`, undefined, as('ada'))
    expect([restored.status, restored.body.fields.status]).toEqual([200, 'done'])
    expect(restored.body.outcomes).toEqual({ status: { outcome: 'applied' } })
    await lost.close()
    expect(await server.stop()).toBe(0)
  })
})
