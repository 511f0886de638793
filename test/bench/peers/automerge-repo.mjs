// automerge-repo's own server, as its sync server is set up: its WebSocket adapter and its storage in files,
// but for the keepalive.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Repo } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { WebSocketServer } from 'ws'
import { announce } from './listen.mjs'

/** Longer than any measurement: while it is saturated it hears no pongs, and drops clients that are there. */
const KEEP_ALIVE_MS = 3_600_000

const server = createServer()
const sockets = new WebSocketServer({ server, maxPayload: 2 ** 30 })
const repo = new Repo({
  network: [new WebSocketServerAdapter(sockets, KEEP_ALIVE_MS)],
  storage: new NodeFSStorageAdapter(join(process.env.BENCH_FOLDER, 'automerge')),
  peerId: `storage-server-${process.pid}`,
  sharePolicy: async () => false,
})
process.on('SIGTERM', () => repo.flush().then(() => process.exit(0)))
// The adapter listens once the repo has read its storage; who connects before is never answered.
sockets.on('newListener', (event) => {
  if (event === 'connection') announce(server)
})
