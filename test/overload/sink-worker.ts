// Takes what an attacker sends at the pace at which the server took it, and sends it back: what is left of an attack
// without the server, which is what the attacker himself costs a machine that both run on.
import { parentPort, workerData } from 'node:worker_threads'
import { WebSocketServer } from 'ws'

export interface SinkData {
  readonly messagesPerSecond: number
}

const WINDOW_MS = 50

const { messagesPerSecond } = workerData as SinkData
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
let left = 0
setInterval(() => {
  // What was not used is not saved up.
  left = Math.min(left, 0) + (messagesPerSecond * WINDOW_MS) / 1_000
  if (left > 0) for (const socket of server.clients) socket.resume()
}, WINDOW_MS)
server.on('connection', (socket) => {
  socket.on('error', () => {})
  socket.on('message', (data) => {
    socket.send(data)
    left -= 1
    if (left <= 0) for (const one of server.clients) one.pause()
  })
})
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object') parentPort?.postMessage(address?.port)
})
