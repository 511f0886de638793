// Hocuspocus 4 as its documentation sets it up with SQLite: the table and the statements of its own SQLite extension, by
// the SQLite that comes with Node, since the extension's native module would have to be built for another Node.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Database } from '@hocuspocus/extension-database'
import { Server } from '@hocuspocus/server'

const db = new DatabaseSync(join(process.env.BENCH_FOLDER, 'hocuspocus.db'))
db.exec(
  'CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL, "data" blob NOT NULL, UNIQUE(name))',
)
const select = db.prepare('SELECT data FROM "documents" WHERE name = $name ORDER BY rowid DESC')
const upsert = db.prepare(
  'INSERT INTO "documents" ("name", "data") VALUES ($name, $data) ON CONFLICT(name) DO UPDATE SET data = $data',
)
const database = new Database({
  fetch: async ({ documentName }) => select.get({ name: documentName })?.data ?? null,
  store: async ({ documentName, state }) => {
    upsert.run({ name: documentName, data: state })
  },
})
const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, extensions: [database] })
await server.listen()
console.log(`listening on ${server.address.port}`)
