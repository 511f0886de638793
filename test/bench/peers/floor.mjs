// The least that opening a stored text takes: its snapshot is read from a file and sent.
import { mkdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import * as Y from 'yjs'
import { announce } from './listen.mjs'

const SYNC = 0
const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2
const EMPTY_STATE = Buffer.of(SYNC, STEP_1, 1, 0)

const folder = join(process.env.BENCH_FOLDER, 'snapshots')
mkdirSync(folder, { recursive: true })
/** What is being seeded, until its author leaves. */
const seeds = new Map()

const server = createServer()
new WebSocketServer({ server, maxPayload: 2 ** 30 }).on('connection', (socket, { url }) => {
  const file = join(folder, encodeURIComponent(url))
  socket.send(EMPTY_STATE)
  socket.on('message', (frame) => {
    if (frame[0] !== SYNC) return
    if (frame[1] === STEP_1) return void open(socket, file)
    if (frame[1] === UPDATE) void seed(socket, file, payloadOf(frame))
  })
})

async function open(socket, file) {
  const snapshot = await readFile(file).catch(() => Y.encodeStateAsUpdate(new Y.Doc()))
  socket.send(frameOf(STEP_2, snapshot))
}

async function seed(socket, file, update) {
  const doc = seeds.get(file) ?? new Y.Doc()
  seeds.set(file, doc)
  Y.applyUpdate(doc, update)
  doc.latest = (doc.latest ?? 0) + 1
  const mine = doc.latest
  // Only what comes last is written.
  await new Promise((resolve) => setTimeout(resolve, 50))
  if (mine !== doc.latest) return
  await writeFile(file, Y.encodeStateAsUpdate(doc))
  seeds.delete(file)
  // Its author knows by the echo that it is stored.
  socket.send(frameOf(UPDATE, update))
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
