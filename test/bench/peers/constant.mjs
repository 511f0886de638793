// The HTTP library with nothing behind it: answers are put together once, when they are first asked for by name.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/** Answers of the server under comparison, given by the benchmark, so that both send the same bytes. */
const answers = new Map()
const app = new Hono()
app.put('/constant', async (c) => {
  const { path, body, etag } = await c.req.json()
  answers.set(path, { body, etag })
  return c.body(null, 204)
})
app.get('*', (c) => {
  const { search, pathname } = new URL(c.req.url)
  const found = answers.get(`${pathname}${search}`)
  if (found === undefined) return c.body(null, 404)
  if (found.etag !== undefined && c.req.header('if-none-match') === found.etag) return c.body(null, 304)
  return c.body(found.body, 200, {
    'content-type': 'application/json',
    ...(found.etag && { etag: found.etag }),
  })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`listening on ${port}`))
