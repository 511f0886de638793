// A relay that does wrong, by which the benchmarks' own tests see that they notice.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const EVERY = 50
const fault = process.env.BENCH_FAULT
const rooms = new Map()
let frames = 0
const server = createServer()
new WebSocketServer({ server }).on('connection', (socket, { url }) => {
  const peers = rooms.get(url) ?? new Set()
  rooms.set(url, peers.add(socket))
  socket.on('message', (frame) => {
    for (const peer of peers) if (peer !== socket) send(peer, frame)
  })
  socket.on('close', () => peers.delete(socket))
})

function send(peer, frame) {
  const isTurn = ++frames % EVERY === 0
  if (isTurn && fault === 'drops') return
  peer.send(isTurn && fault === 'alters' ? altered(frame) : frame)
}

/** The letter of a typed update stands before the empty set of deletions. */
function altered(frame) {
  const copy = Buffer.from(frame)
  copy[copy.length - 2] = 'X'.charCodeAt(0)
  return copy
}
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
