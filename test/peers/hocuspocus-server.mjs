// A Hocuspocus server with its SQLite extension, as its documentation sets it up: PORT and DATA are given.
import { join } from 'node:path'
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'

const server = new Server({
  address: '127.0.0.1',
  port: Number(process.env.PORT),
  quiet: true,
  extensions: [new SQLite({ database: join(process.env.DATA, 'hocuspocus.sqlite') })],
})
await server.listen()
console.log('listening')
