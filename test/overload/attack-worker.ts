// Attacks from a thread of its own, so that whoever measures beside it waits for the server and not for the attacker.
import { parentPort, workerData } from 'node:worker_threads'
import * as Automerge from '@automerge/automerge'
import * as Y from 'yjs'
import { newRecord } from '../../client/automerge/new-record.ts'
import { writeUpdate } from '../../shared/wire/y-protocol.ts'
import config from '../../sluice.config.ts'
import { rawUpdate } from '../server/gate/raw-update.ts'
import { forged } from '../server/gate/signed-chunk.ts'
import { until } from '../support/until.ts'
import { pause } from './latency.ts'
import { RawSocket } from './raw-socket.ts'
import { TIMEOUT_MS } from './size.ts'
import { bring, join } from './sync-frames.ts'
import { sendAll, typed } from './typing.ts'

export type Attack =
  /** Types as fast as it can, until it is ended. */
  | { readonly kind: 'flood'; readonly sockets: number }
  /** Deletes every second character of a text, honestly. */
  | { readonly kind: 'holes'; readonly holes: number; readonly texts: number }
  /** Sends changes that build on what never comes. */
  | { readonly kind: 'orphans'; readonly count: number }

export interface AttackData {
  readonly port: number
  readonly attack: Attack
  /** One number, shared: messages that were sent. */
  readonly sent: SharedArrayBuffer
}

const { port, attack, sent } = workerData as AttackData
const counter = new Int32Array(sent)

function* counted(frames: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const frame of frames) {
    yield frame
    Atomics.add(counter, 0, 1)
  }
}

async function flood(sockets: number): Promise<void> {
  const floods = Array.from({ length: sockets }, async (_, index) => {
    const socket = await RawSocket.upgrade(port, `/yjs/articles/flood-${index}?token=mallory`)
    await sendAll(socket, counted(typed(Number.POSITIVE_INFINITY, 10)))
  })
  await Promise.all(floods)
}

async function dig(holes: number, texts: number): Promise<void> {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, '0'.repeat(2 * holes))
  const whole = Y.encodeStateAsUpdate(doc)
  const ranges = Array.from({ length: holes }, (_, hole) => [2 * hole, 1] as const)
  const deletion = rawUpdate({ deletes: [{ client: doc.clientID, ranges }] })
  for (let index = 0; index < texts; index++) {
    const socket = await RawSocket.upgrade(port, `/yjs/articles/holes-${index}?token=ada`)
    await sendAll(socket, counted([writeUpdate(whole), writeUpdate(deletion)]))
    await until(() => socket.received >= whole.length + deletion.length, 'both to be stored', TIMEOUT_MS)
    socket.destroy()
  }
}

/** @returns why the session was closed; null if it was not. */
async function bringOrphans(count: number): Promise<number | null> {
  const { documentId, binary } = newRecord(config, { collection: 'patients', id: 'orphans' })
  const messages = Array.from({ length: count }, (_, index) => bring(documentId, [orphan(index)]))
  const socket = await RawSocket.upgrade(port, '/automerge?token=mallory')
  socket.send(join())
  socket.send(bring(documentId, Automerge.getAllChanges(Automerge.load(binary))))
  await sendAll(socket, counted(messages))
  await pause(1_000)
  const { closeCode } = socket
  socket.destroy()
  return closeCode
}

const orphan = (index: number): Uint8Array =>
  forged([{ action: 'set', obj: '_root', key: `k${index}`, value: 'v'.repeat(12_000) }], {
    actor: 'ee'.repeat(16),
    seq: 2 + index,
    startOp: 100 + index,
    deps: [index.toString(16).padStart(64, '0')],
  })

async function run(): Promise<number | null> {
  switch (attack.kind) {
    case 'flood':
      await flood(attack.sockets)
      return null
    case 'holes':
      await dig(attack.holes, attack.texts)
      return null
    case 'orphans':
      return bringOrphans(attack.count)
  }
}

parentPort?.postMessage(await run())
