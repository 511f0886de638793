// Requests of one subject: beyond his rate he is told when to come back, and others do not notice.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

let now = 0
let rest: RestBench
beforeAll(async () => {
  rest = await openRest({ requests: { perSecond: 1, burst: 4 }, clock: () => now })
})
afterAll(() => rest.close())

const status = async (as: string, method = 'GET', path = '/v1/conflicts'): Promise<number> =>
  (await rest.call(method, path, { as, ...(method === 'GET' ? {} : { body: {} }) })).status

describe('W9: requests per second of one subject', () => {
  test('429 with the seconds to wait, on every route below /v1, and it has written nothing', async () => {
    for (let request = 0; request < 4; request++) expect(await status('ada')).toBe(200)
    const refused = await rest.call('PUT', '/v1/records/patients/late', { as: 'ada', body: { name: 'Late' } })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json')
    expect(refused.headers.get('Retry-After')).toBe('1')
    expect(refused.body).toMatchObject({ code: 'too_many', retryable: true })
    expect(await status('ada', 'POST', '/v1/upload')).toBe(429)
    expect((await rest.call('GET', '/v1/records/patients/late', { as: 'bob' })).status).toBe(404)
  })

  test('others do not notice, and health is never refused', async () => {
    expect(await status('ada')).toBe(429)
    expect(await status('bob')).toBe(200)
    for (let request = 0; request < 20; request++)
      expect((await rest.call('GET', '/healthz', { as: 'ada' })).status).toBe(200)
    expect((await rest.call('GET', '/readyz', { as: 'ada' })).status).toBe(200)
  })

  test('who waits as long as he was told is served', async () => {
    now += 1_000
    expect([await status('ada'), await status('ada')]).toEqual([200, 429])
    now += 60_000
    for (let request = 0; request < 4; request++) expect(await status('ada')).toBe(200)
  })
})
