// Fields in plain SQLite rows, behind the same HTTP library: what a durable write of a field costs without any history.
// Writes that arrive in one turn of the event loop share a transaction that is synced to disk.
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import Database from 'better-sqlite3'
import { Hono } from 'hono'

const db = new Database(join(process.env.BENCH_FOLDER, 'rows.db'))
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec(
  'CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, title TEXT, price REAL, version INTEGER NOT NULL)',
)
const insert = db.prepare(
  'INSERT INTO items VALUES (@id, @title, @price, 1) ON CONFLICT(id) DO UPDATE SET title = @title, price = @price RETURNING *',
)
const update = db.prepare('UPDATE items SET price = @price, version = version + 1 WHERE id = @id RETURNING *')
const read = db.prepare('SELECT * FROM items WHERE id = ?')

let waiting = []
const commit = db.transaction((jobs) => jobs.map(({ statement, row }) => statement.get(row)))

/** Resolves once the write is on disk. */
const write = (statement, row) =>
  new Promise((resolve, reject) => {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push({ statement, row, resolve, reject })
  })

function flush() {
  const jobs = waiting
  waiting = []
  try {
    const answers = commit(jobs)
    for (const [index, { resolve }] of jobs.entries()) resolve(answers[index])
  } catch (error) {
    for (const { reject } of jobs) reject(error)
  }
}

const answer = ({ id, title, price }) => ({ collection: 'items', id, fields: { title, price } })
const app = new Hono()
app.put('/v1/records/items/:id', async (c) => {
  const id = c.req.param('id')
  const { title, price } = await c.req.json()
  await write(insert, { id, title, price })
  return c.json(answer({ id, title, price }), 201)
})
app.patch('/v1/records/items/:id', async (c) => {
  const id = c.req.param('id')
  const { price } = await c.req.json()
  return c.json(answer(await write(update, { id, price })))
})
app.get('/v1/records/items/:id', (c) => c.json(answer(read.get(c.req.param('id')))))
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`listening on ${port}`))
