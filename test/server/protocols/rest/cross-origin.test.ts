// Pages from elsewhere: a browser lets them read only what the answer's CORS headers allow.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

const APP = 'https://app.example'

let listed: RestBench
let closed: RestBench
beforeAll(async () => {
  listed = await openRest({
    origins: [APP, 'https://other.example'],
    requests: { perSecond: 1, burst: 3 },
    clock: () => 0,
  })
  closed = await openRest()
})
afterAll(async () => {
  await listed.close()
  await closed.close()
})

const allowed = (bench: RestBench, origin: string, as: string, method = 'GET', path = '/v1/conflicts') =>
  bench
    .call(method, path, { as, headers: { Origin: origin } })
    .then(({ status, headers }) => [status, headers.get('Access-Control-Allow-Origin')])

const preflight = (bench: RestBench, origin: string) =>
  bench.call('OPTIONS', '/v1/records/patients/ada', {
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'authorization,if-match,sluice-metadata',
    },
  })

describe('W11: CORS', () => {
  test('a listed origin may read answers and refusals of every kind, and their headers', async () => {
    expect(await allowed(listed, APP, 'ada')).toEqual([200, APP])
    expect(await allowed(listed, 'https://other.example', 'ada')).toEqual([200, 'https://other.example'])
    expect(await allowed(listed, APP, 'ada', 'GET', '/v1/records/patients/none')).toEqual([404, APP])
    expect(await allowed(listed, APP, 'ada')).toEqual([429, APP])
    expect(await allowed(listed, APP, 'bob', 'POST')).toEqual([405, APP])
    const answer = await listed.call('GET', '/v1/conflicts', { as: 'carl', headers: { Origin: APP } })
    expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('ETag')
    expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull()
    expect(answer.headers.get('Vary')).toContain('Origin')
  })

  test('its preflight is answered without a token', async () => {
    const answer = await preflight(listed, APP)
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([204, APP])
    expect(answer.headers.get('Access-Control-Allow-Methods')).toContain('PATCH')
    const headers = answer.headers.get('Access-Control-Allow-Headers') ?? ''
    for (const name of ['Authorization', 'If-Match', 'Sluice-Metadata']) expect(headers).toContain(name)
  })

  test.each(['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null'])(
    '%s is told nothing',
    async (origin) => {
      expect(await allowed(listed, origin, 'dora')).toEqual([expect.any(Number), null])
      expect((await preflight(listed, origin)).headers.get('Access-Control-Allow-Origin')).toBeNull()
    },
  )

  test('no origin is allowed unless one is listed', async () => {
    expect(await allowed(closed, APP, 'ada')).toEqual([200, null])
    const answer = await preflight(closed, APP)
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([405, null])
  })
})
