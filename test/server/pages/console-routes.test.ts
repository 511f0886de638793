import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mountConsole } from '../../../server/pages/console-routes.ts'
import type { RestBench } from '../protocols/rest/rest-bench.ts'
import { openRest } from '../protocols/rest/rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
  mountConsole(rest.app)
})
afterAll(() => rest.close())

const read = (path: string, headers = {}) => rest.app.request(path, { headers })

test.each([
  '/',
  '/demo',
  '/inbox',
  '/inbox/32b84a2b7206a7172d189e25',
  '/records',
  '/records/patients/P-1',
  '/inspect/patients/P-1',
  '/operations',
])('the console answers at %s with a page that runs scripts of this server only', async (path) => {
  const response = await read(path)
  expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(response.headers.get('Cache-Control')).toBe('no-cache')
  expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self'; ")
  const html = await response.text()
  // An inline script would be refused.
  expect(html).toContain('<div id="root">')
  expect(html.replaceAll(/<script[^>]* src="[^"]+"[^>]*><\/script>/g, '')).not.toContain('<script')
})

test('what the page loads is kept for a year, and was compressed when it was built', async () => {
  const html = await (await read('/')).text()
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  expect(files.length).toBeGreaterThan(1)
  for (const file of files) {
    const plain = await read(file)
    expect(plain.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable')
    const small = await read(file, { 'Accept-Encoding': 'br, gzip' })
    expect(small.headers.get('Content-Encoding')).toBe('gzip')
    expect(small.headers.get('Content-Type')).toBe(plain.headers.get('Content-Type'))
    expect(gunzipSync(Buffer.from(await small.arrayBuffer())).toString()).toBe(await plain.text())
  }
})

test.each(['/assets/none.js', '/assets/..%2findex.html', '/assets/../../package.json', '/elsewhere'])(
  '%s is not served',
  async (path) => {
    const response = await read(path)
    expect([response.status, response.headers.get('Content-Type')]).toEqual([404, 'application/problem+json'])
  },
)

test('what REST serves stays what it is', async () => {
  expect((await read('/openapi.json')).headers.get('Content-Type')).toBe('application/json')
  expect(await (await read('/docs')).text()).toContain('/v1/records/{collection}')
  expect((await read('/v1/elsewhere')).status).toBe(404)
})
