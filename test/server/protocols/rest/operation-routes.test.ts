import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorTable } from '../../../../shared/errors/error-table.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

describe('W5: health', () => {
  test('/healthz says that the process lives', async () => {
    expect((await rest.call('GET', '/healthz')).body).toEqual({ status: 'ok', version: '0.0.0' })
  })

  test('/readyz is 503 with the reason while the store does not take writes, and writes are refused', async () => {
    expect((await rest.call('GET', '/readyz')).body).toEqual({ status: 'ready' })
    rest.health.failed('disk full', false)
    const failing = await rest.call('GET', '/readyz')
    expect([failing.status, failing.headers.get('Retry-After')]).toEqual([503, '1'])
    expect(failing.body).toMatchObject({
      code: 'store_unavailable',
      detail: 'disk full',
      since: expect.any(String),
      retryable: true,
    })
    const refused = await rest.call('PUT', '/v1/records/items/1', { body: { title: 'x' } })
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '1'])
    expect((await rest.call('GET', '/healthz')).status).toBe(200)
    expect((await rest.call('GET', '/v1/conflicts')).status).toBe(200)
    rest.health.succeeded()
    expect((await rest.call('GET', '/readyz')).status).toBe(200)
  })
})

test('no answer of /v1 may be kept by who passes it on, or be taken for another type', async () => {
  const { body } = await rest.call('GET', '/openapi.json')
  for (const [path, methods] of Object.entries<object>(body.paths))
    for (const method of Object.keys(methods)) {
      const { status, headers } = await rest.call(method.toUpperCase(), path.replaceAll(/[{}]/g, ''))
      const told = [headers.get('Cache-Control'), headers.get('X-Content-Type-Options')]
      expect([method, path, status, ...told]).toEqual([method, path, status, 'private, no-cache', 'nosniff'])
    }
})

describe('the description of the door', () => {
  test('/openapi.json tells every route that is served', async () => {
    const { body } = await rest.call('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const told = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = rest.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v1'))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(told.sort()).toEqual([...new Set(served)].sort())
  })

  test('/openapi.json tells parameters, bodies, answers and refusals', async () => {
    const { body } = await rest.call('GET', '/openapi.json')
    const list = body.paths['/v1/records/{collection}'].get
    expect(list.parameters.map(({ name }: { name: string }) => name)).toEqual([
      'collection',
      'limit',
      'cursor',
    ])
    const patch = body.paths['/v1/records/{collection}/{id}'].patch
    expect(Object.keys(patch.requestBody.content)).toEqual(['application/json'])
    expect(patch.responses['200'].content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/WrittenRecord',
    })
    expect(Object.keys(patch.responses.default.content)).toEqual(['application/problem+json'])
    expect(Object.keys(body.components.schemas)).toEqual(
      expect.arrayContaining(['Record', 'WrittenRecord', 'Conflict', 'Side', 'Problem']),
    )
  })

  test('/docs shows every route and explains every error code, and loads nothing', async () => {
    const { text, headers } = await rest.call('GET', '/docs')
    const { body } = await rest.call('GET', '/openapi.json')
    for (const path of Object.keys(body.paths)) expect(text).toContain(`<code>${path}</code>`)
    for (const code of Object.keys(errorTable)) expect(text).toContain(`id="${code}"`)
    expect(text).not.toMatch(/<script|<link|<img|@import|https?:/)
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'")
  })
})
