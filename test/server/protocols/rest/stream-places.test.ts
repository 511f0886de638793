// Event streams that are open: counted per subject and in all, and given back however they end.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

let rest: RestBench
beforeEach(async () => {
  rest = await openRest({ limits: { streamsMax: 3, streamsPerSubjectMax: 2 } })
})
afterEach(() => rest.close())

const follow = async (as: string, method = 'GET'): Promise<Response> =>
  rest.app.request('/v1/changes', {
    method,
    headers: { Accept: 'text/event-stream', Authorization: `Bearer ${as}` },
  })

describe('W9: open event streams', () => {
  test('one too many of a subject is refused, and of all; one that its reader leaves makes room', async () => {
    const first = await follow('ada')
    await follow('ada')
    const refused = await follow('ada')
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '1'])
    expect(await refused.json()).toMatchObject({
      code: 'too_many',
      detail: 'you have too many event streams open',
    })
    expect((await follow('bob')).status).toBe(200)
    expect(await (await follow('carl')).json()).toMatchObject({ detail: 'too many event streams are open' })
    // A page of the log is no stream.
    expect((await rest.call('GET', '/v1/changes', { as: 'ada' })).status).toBe(200)
    await first.body?.cancel()
    expect([(await follow('carl')).status, (await follow('carl')).status]).toEqual([200, 429])
  })

  test('HEAD takes no place', async () => {
    for (let number = 0; number < 5; number++) expect((await follow('ada', 'HEAD')).status).toBe(200)
    expect((await follow('ada')).status).toBe(200)
  })

  test('a stream that the server ends gives its place back', async () => {
    const streams = [await follow('ada'), await follow('ada')]
    expect((await follow('ada')).status).toBe(429)
    rest.stopping.abort()
    for (const stream of streams) await stream.text()
    expect((await follow('ada')).status).toBe(200)
  })
})
