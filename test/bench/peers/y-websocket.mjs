// The reference server of y-websocket. Documents are in memory only, or in LevelDB as its own persistence keeps them.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { announce } from './listen.mjs'

// It reads this when it is loaded.
if (process.env.BENCH_PERSISTENCE === 'leveldb')
  process.env.YPERSISTENCE = join(process.env.BENCH_FOLDER, 'leveldb')
const { setupWSConnection } = await import('@y/websocket-server/utils')

const server = createServer()
new WebSocketServer({ server }).on('connection', setupWSConnection)
announce(server)
