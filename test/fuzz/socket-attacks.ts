// Sessions at the WebSocket doors that begin as honest clients do and then send spoiled frames, until they are closed.
import { once } from 'node:events'
import * as Automerge from '@automerge/automerge'
import { Decoder, Encoder } from 'cbor-x'
import WebSocket from 'ws'
import { newRecord } from '../../client/automerge/new-record.ts'
import config from '../../sluice.config.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { recordStates } from './automerge-corpus.ts'
import { mutateBytes } from './byte-mutator.ts'
import { readRecorded } from './recorded-clients.ts'
import { mutateCbor, mutateSync } from './repo-targets.ts'
import { mutateFrame } from './yjs-targets.ts'

export interface AttackReport {
  readonly frames: number
  /** How it ended: a close code, a status, or a word. */
  readonly end: string
  /** All that was sent, base64, for a fault's report. */
  readonly sent: readonly string[]
}

/** @param number makes names that no other attack uses. */
export type Attack = (url: string, number: number, random: SeededRandom) => Promise<AttackReport>

const FRAMES_MAX = 40
const recorded = readRecorded()
const encoder = new Encoder({ tagUint8Array: false, useRecords: false })
const decoder = new Decoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

/** A socket that keeps what it sends, and says how it ended. */
class Attacker {
  readonly socket: WebSocket
  readonly sent: string[] = []
  readonly #closed: Promise<string>
  #hasLeft = false

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('error', () => {})
    this.#closed = once(this.socket, 'close').then(([code]) => String(code))
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN
  }

  async open(): Promise<void> {
    await Promise.race([once(this.socket, 'open'), this.#closed])
  }

  send(frame: Uint8Array): void {
    this.sent.push(Buffer.from(frame).toString('base64'))
    if (this.isOpen) this.socket.send(frame)
  }

  /** A ping that is answered shows that all before it was read. */
  async settle(): Promise<void> {
    if (!this.isOpen) return
    this.socket.ping()
    await Promise.race([once(this.socket, 'pong'), this.#closed])
  }

  leave(): void {
    this.#hasLeft ||= this.isOpen
    this.socket.terminate()
  }

  async end(): Promise<AttackReport> {
    await this.settle()
    this.leave()
    const code = await this.#closed
    return { frames: this.sent.length, end: this.#hasLeft ? 'open' : code, sent: this.sent }
  }
}

/** Frames of TipTap's session, the first ones as they were, to one of a few texts that many attack. */
export const attackText: Attack = async (url, number, random) => {
  const attacker = new Attacker(`${url}/yjs/articles/t-${number >> 4}?token=mallory-${number % 5}`)
  await attacker.open()
  const frames = random.pick(recorded.yjs)
  const others = recorded.yjs.flat()
  const honest = random.int(0, frames.length)
  for (const frame of frames.slice(0, honest)) attacker.send(frame)
  for (let count = random.int(1, FRAMES_MAX); count > 0 && attacker.isOpen; count--) {
    const frame = random.pick(frames)
    attacker.send(
      random.chance(0.2)
        ? mutateBytes(frame, frame, random)
        : mutateFrame(frame, random.pick(others), random),
    )
    if (count % 4 === 0) await attacker.settle()
  }
  return attacker.end()
}

const [state] = recordStates()
const around = state?.around ?? {
  actors: ['aa'.repeat(16)],
  counterMax: 9,
  keys: ['n'],
  hashes: ['00'.repeat(32)],
}

/** A replica that synchronises with the library's own protocol, and whose messages are spoiled on the way. */
export const attackRecord: Attack = async (url, number, random) => {
  const name = `mallory-${number % 5}`
  const attacker = new Attacker(`${url}/automerge?token=${name}`)
  await attacker.open()
  const say = (message: Readonly<Record<string, unknown>>, spoiled: boolean): void => {
    const frame = new Uint8Array(encoder.encode({ senderId: name, ...message }))
    attacker.send(spoiled ? (mutateCbor(frame, random) ?? frame) : frame)
  }
  say({ type: 'join', peerMetadata: {}, supportedProtocolVersions: ['1'] }, random.chance(0.05))
  const { binary, documentId } = newRecord(config, { collection: 'patients', id: `p-${number >> 2}` })
  let doc = Automerge.load<Record<string, unknown>>(binary)
  let sync = Automerge.initSyncState()
  attacker.socket.on('message', (data) => {
    const message = decoder.decode(data as Buffer)
    if (message.type !== 'sync') return
    try {
      ;[doc, sync] = Automerge.receiveSyncMessage(doc, sync, message.data)
    } catch {
      // His own forged changes come back to him, and do not fit the ones that he has.
      attacker.leave()
    }
  })
  for (let round = random.int(1, FRAMES_MAX); round > 0 && attacker.isOpen; round--) {
    if (random.chance(0.7))
      doc = Automerge.change(doc, (root) => {
        root.heartRate = random.int(0, 999)
        if (random.chance(0.3)) root.diagnosis = new Automerge.ImmutableString(`d${round}`)
      })
    const [next, data] = Automerge.generateSyncMessage(doc, sync)
    sync = next
    const made =
      data ??
      Automerge.encodeSyncMessage({ heads: [], need: [], have: [], changes: Automerge.getAllChanges(doc) })
    const spoiled = random.chance(0.5) ? mutateSync(made, made, around, random) : made
    say({ type: 'sync', targetId: 'server', documentId, data: spoiled }, random.chance(0.1))
    await attacker.settle()
  }
  return attacker.end()
}

/** automerge-repo's recorded frames, spoiled, on a socket of their own. */
export const attackRepoFrames: Attack = async (url, number, random) => {
  const attacker = new Attacker(`${url}/automerge?token=mallory-${number % 5}`)
  await attacker.open()
  const frames = random.pick(recorded.automerge)
  for (const frame of frames.slice(0, random.int(0, 3))) attacker.send(frame)
  for (let count = random.int(1, FRAMES_MAX); count > 0 && attacker.isOpen; count--) {
    const frame = random.pick(frames)
    const spoiled = random.chance(0.5) ? mutateCbor(frame, random) : null
    attacker.send(spoiled ?? mutateBytes(frame, random.pick(frames), random))
    if (count % 4 === 0) await attacker.settle()
  }
  return attacker.end()
}
