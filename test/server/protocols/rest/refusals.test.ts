import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ANONYMOUS } from '../../../../server/auth/actor.ts'
import { JSON_DEPTH_MAX, JSON_VALUES_MAX } from '../../../../server/protocols/rest/read-json.ts'
import { errorTable } from '../../../../shared/errors/error-table.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest({ bodyBytesMax: 100_000 })
  await rest.call('PUT', '/v1/records/patients/ada', { body: { name: 'Ada' } })
})
afterAll(() => rest.close())

const patch = (raw: string) => rest.call('PATCH', '/v1/records/patients/ada', { raw })

describe('every refusal is a problem document (RFC 9457)', () => {
  test('with all members of the table of errors', async () => {
    const refused = await rest.call('GET', '/v1/records/patients/nobody')
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json')
    expect(refused.body).toEqual({
      type: '/docs#not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: 'there is no such record',
      retryable: false,
      remedy: errorTable.not_found.remedy,
    })
  })

  test.each(['/', '/nothing', '/v1', '/v1/nothing', '/v1/records', '/v1/records/items/1/nothing'])(
    '%s: there is nothing at this address',
    async (path) => {
      const missing = await rest.call('GET', path)
      expect([missing.status, missing.body.code]).toEqual([404, 'not_found'])
    },
  )

  test.each([
    ['PUT', '/v1/records/items', 'GET, HEAD, POST'],
    ['POST', '/v1/records/items/1', 'GET, HEAD, PUT, PATCH, DELETE'],
    ['POST', '/v1/conflicts', 'GET, HEAD'],
    ['GET', '/v1/conflicts/1/resolution', 'PUT, DELETE'],
    ['DELETE', '/healthz', 'GET, HEAD'],
  ])('%s %s is not allowed; Allow says what is', async (method, path, allow) => {
    const refused = await rest.call(method, path)
    expect([refused.status, refused.body.code]).toEqual([405, 'method_not_allowed'])
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json')
    expect(refused.headers.get('Allow')).toBe(allow)
  })

  test('an unexpected throw is logged under its request id, and tells nothing else', async () => {
    const secret = 'table patients: column ssn'
    const bench = await openRest({
      authenticator: {
        description: '',
        isOpen: true,
        async authenticate(token) {
          if (token === 'bomb') throw new TypeError(secret)
          return ANONYMOUS
        },
      },
    })
    const failed = await bench.call('GET', '/v1/conflicts', { as: 'bomb' })
    expect([failed.status, failed.body.code, failed.headers.get('Retry-After')]).toEqual([
      500,
      'internal',
      '1',
    ])
    expect(failed.text).not.toContain('ssn')
    expect(bench.logged).toHaveLength(1)
    expect(bench.logged[0]?.details).toMatchObject({
      requestId: failed.body.requestId,
      path: '/v1/conflicts',
    })
    expect(JSON.stringify(bench.logged)).not.toContain('bomb')
    await bench.close()
  })
})

describe('bodies', () => {
  test.each([
    ['{"name" 1}', 'the body: not valid JSON at position 8'],
    ['{"name": "x"', /^the body: not valid JSON/],
    ['', /^the body: not valid JSON/],
    ['[]', 'the body: takes a JSON object'],
    ['null', 'the body: takes a JSON object'],
  ])('%j is refused', async (raw, detail) => {
    const refused = await patch(raw)
    expect([refused.status, refused.body.code]).toEqual([400, 'bad_request'])
    expect(refused.body.detail).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail))
  })

  test('a body over the limit is refused, with a length and without', async () => {
    const raw = JSON.stringify({ name: 'x'.repeat(100_000) })
    expect((await patch(raw)).body).toMatchObject({ status: 413, code: 'too_large' })
    const stream = new ReadableStream({
      start(controller) {
        for (const part of [raw.slice(0, 60_000), raw.slice(60_000)])
          controller.enqueue(new TextEncoder().encode(part))
        controller.close()
      },
    })
    const streamed = await rest.app.request('/v1/records/patients/ada', {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit)
    expect(streamed.status).toBe(413)
  })

  test('W6: what would keep the CRDT library busy is refused', async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect((await patch(`{"vitals":${nested(JSON_DEPTH_MAX - 1)}}`)).status).toBe(200)
    expect((await patch(`{"vitals":${nested(JSON_DEPTH_MAX)}}`)).body.detail).toContain('nested deeper')
    expect((await patch(nested(16_000))).body.detail).toContain('nested deeper')
    const many = `{"vitals":[${Array.from({ length: JSON_VALUES_MAX }, () => 1).join()}]}`
    expect((await patch(many)).body).toMatchObject({ status: 413, code: 'too_large' })
  })

  test('no key reaches a prototype', async () => {
    const attempts = [
      '{"__proto__":{"polluted":1}}',
      '{"vitals":{"__proto__":{"polluted":1}}}',
      '{"vitals":{"constructor":{"prototype":{"polluted":1}}}}',
      '{"contacts":{"__proto__":null}}',
      '{"contacts":{"constructor":"x"}}',
      '{"constructor":{"$add":[1]}}',
      '{"toString":"x"}',
    ]
    for (const raw of attempts) {
      const refused = await patch(raw)
      expect(refused.status).toBeGreaterThanOrEqual(400)
      expect(refused.status).toBeLessThan(500)
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect((await rest.call('GET', '/v1/records/__proto__')).status).toBe(404)
  })
})
