// automerge-repo's own server, as its sync server is set up: its WebSocket adapter and its storage in files.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Repo } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { WebSocketServer } from 'ws'
import { announce } from './listen.mjs'

const server = createServer()
const sockets = new WebSocketServer({ server, maxPayload: 2 ** 30 })
const repo = new Repo({
  network: [new WebSocketServerAdapter(sockets)],
  storage: new NodeFSStorageAdapter(join(process.env.BENCH_FOLDER, 'automerge')),
  peerId: `storage-server-${process.pid}`,
  sharePolicy: async () => false,
})
process.on('SIGTERM', () => repo.flush().then(() => process.exit(0)))
announce(server)
