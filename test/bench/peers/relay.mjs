// The least that a server can do: it passes every frame on to the others in the room, and keeps nothing.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { announce } from './listen.mjs'

const rooms = new Map()
const server = createServer()
new WebSocketServer({ server }).on('connection', (socket, { url }) => {
  const peers = rooms.get(url) ?? new Set()
  rooms.set(url, peers.add(socket))
  socket.on('message', (frame) => {
    for (const peer of peers) if (peer !== socket) peer.send(frame)
  })
  socket.on('close', () => peers.delete(socket))
})
announce(server)
