// What a durable server could reach: it merges what arrives in one turn of the event loop, commits the updates of all
// rooms in one transaction that is synced to disk, and sends one frame to everybody, also to those who wrote it. It checks
// nothing, and only appends.
import { createServer } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { WebSocketServer } from 'ws'
import * as Y from 'yjs'
import { announce } from './listen.mjs'

const db = new Database(join(process.env.BENCH_FOLDER, 'limit.db'))
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec('CREATE TABLE IF NOT EXISTS journal (room TEXT, data BLOB)')
const insert = db.prepare('INSERT INTO journal VALUES (?, ?)')
const readAll = db.prepare('SELECT data FROM journal WHERE room = ?').pluck()
const commit = db.transaction((merged) => {
  for (const [{ name }, update] of merged) insert.run(name, update)
})

const SYNC = 0
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const EMPTY_STATE = Buffer.of(SYNC, STEP_1, 1, 0)

const rooms = new Map()
const dirty = new Set()
const server = createServer()
new WebSocketServer({ server }).on('connection', (socket, { url }) => {
  const room = rooms.get(url) ?? { name: url, peers: new Set(), pending: [] }
  rooms.set(url, room)
  room.peers.add(socket)
  socket.send(EMPTY_STATE)
  socket.on('message', (frame) => receive(room, socket, frame))
  socket.on('close', () => room.peers.delete(socket))
})

function receive(room, socket, frame) {
  if (frame[0] !== SYNC) return
  if (frame[1] === STEP_1) {
    const stored = readAll.all(room.name)
    const update = stored.length === 0 ? Y.encodeStateAsUpdate(new Y.Doc()) : Y.mergeUpdates(stored)
    socket.send(frameOf(STEP_2, update))
    return
  }
  if (dirty.size === 0) setImmediate(flush)
  room.pending.push(payloadOf(frame))
  dirty.add(room)
}

function flush() {
  const merged = new Map([...dirty].map((room) => [room, Y.mergeUpdates(room.pending.splice(0))]))
  dirty.clear()
  commit(merged)
  for (const [room, update] of merged) {
    const frame = frameOf(UPDATE, update)
    for (const peer of room.peers) peer.send(frame)
  }
}

function payloadOf(frame) {
  let at = 2
  while (frame[at] >= 0x80) at++
  return frame.subarray(at + 1)
}

function frameOf(type, payload) {
  const head = [SYNC, type]
  let rest = payload.length
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) head.push((rest % 0x80) | 0x80)
  return Buffer.concat([Buffer.of(...head, rest), payload])
}
announce(server)
