// Those who follow the same record, list or inbox through Sluice's own door, and one who writes to it: the part of them that
// lives in one process of the generator.
import { WebSocket } from 'ws'
import { decodeServerMessage, encodeClientMessage } from '../../../shared/sync/codec.ts'
import type { ClientMessage, ServerMessage } from '../../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'
import { pause } from './measures.ts'
import { SyncWriters } from './sync-writers.ts'

export type Followed = 'record' | 'list' | 'inbox'

export interface FollowersInput {
  readonly port: number
  /** Of the clients of all processes, those of this one. The process that has the first writes. */
  readonly clients: readonly number[]
  readonly followed: Followed
  /** Rows of the list, or disputed records. */
  readonly rows: number
}

export interface Heard {
  /** From writing to hearing of it, in this process. */
  readonly delays: readonly number[]
  readonly frames: number
}

const CHANNEL = 1
const RECORD = 'r-0'
const LOOK_MS = 20
const COMPLETE_MS = 60_000

interface Follower {
  readonly socket: WebSocket
  /** The newest of what was written that he has heard of. */
  heard: number
}

export class Followers {
  readonly #input: FollowersInput
  readonly #writer: SyncWriters | null
  #followers: readonly Follower[] = []
  readonly #sentAt: number[] = []
  readonly #delays: number[] = []
  #frames = 0

  constructor(input: FollowersInput) {
    const { port, clients, rows } = input
    const ids = Array.from({ length: rows }, (_, index) => `r-${index}`)
    this.#input = input
    this.#writer = clients.includes(0) ? new SyncWriters({ port, writers: [ids], ahead: 1 }) : null
  }

  /** Makes what is followed. */
  async prepare(): Promise<void> {
    const { followed, rows } = this.#input
    await this.#writer?.open()
    for (let row = 0; followed === 'inbox' && row < rows; row++)
      for (const dose of ['-1', '0']) await this.#writer?.set(`r-${row}`, 'dose', dose, null)
  }

  async follow(): Promise<void> {
    this.#followers = this.#input.clients.map(() => ({
      socket: new WebSocket(`ws://127.0.0.1:${this.#input.port}/sync/${SYNC_PROTOCOL}`, {
        perMessageDeflate: false,
      }),
      heard: 0,
    }))
    await Promise.all(this.#followers.map((follower) => this.#opened(follower)))
  }

  /** Writes so often a second, numbers that count up. @returns the last of them; 0 where nobody writes. */
  async write({ rate, seconds }: { readonly rate: number; readonly seconds: number }): Promise<number> {
    if (this.#writer === null) return 0
    const field = this.#input.followed === 'inbox' ? 'dose' : 'price'
    const start = performance.now()
    const answered: Promise<unknown>[] = []
    while (performance.now() - start < seconds * 1_000) {
      const number = this.#sentAt.push(performance.now())
      const value = field === 'dose' ? String(number) : number
      answered.push(this.#writer.set(RECORD, field, value, '*'))
      const due = start + (answered.length / rate) * 1_000
      await pause(Math.max(1, due - performance.now()))
    }
    await Promise.all(answered)
    return this.#sentAt.length
  }

  /** @throws Error if somebody does not hear of the last that was written. */
  async hear(last: number): Promise<Heard> {
    for (let waited = 0; this.#followers.some(({ heard }) => heard !== last); waited += LOOK_MS) {
      if (waited > COMPLETE_MS)
        throw new Error('missing deliveries: somebody has not heard of the last change')
      await pause(LOOK_MS)
    }
    return { delays: this.#delays, frames: this.#frames }
  }

  /** Of what came before: it was there to warm up. */
  forget(): void {
    this.#delays.length = 0
    this.#frames = 0
  }

  close(): void {
    this.#writer?.close()
    for (const { socket } of this.#followers) socket.terminate()
  }

  #opened(follower: Follower): Promise<void> {
    const { socket } = follower
    socket.binaryType = 'nodebuffer'
    socket.once('open', () => {
      socket.send(encodeClientMessage({ type: 'hello', device: 'bench' }))
      socket.send(encodeClientMessage(this.#opening()))
    })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.on('message', (frame: Buffer) => {
        const message = decodeServerMessage(frame)
        if (message.type === 'welcome') return
        if (message.type === 'closed') reject(new Error(`refused: ${message.message}`))
        this.#receive(follower, message)
        resolve()
      })
    })
  }

  #opening(): ClientMessage {
    const { followed, rows: limit } = this.#input
    const record = { collection: 'items', recordId: RECORD }
    switch (followed) {
      case 'record':
        return { type: 'record.open', channel: CHANNEL, ...record, known: null }
      case 'list': {
        const query = { collection: 'items', where: {}, orderBy: null, after: null, limit }
        return { type: 'query.open', channel: CHANNEL, query, known: null }
      }
      case 'inbox':
        return {
          type: 'inbox.open',
          channel: CHANNEL,
          filter: {},
          after: null,
          limit,
          counts: true,
          known: null,
        }
    }
  }

  #receive(follower: Follower, message: ServerMessage): void {
    this.#frames += 1
    const heard = numberIn(message)
    if (heard === undefined || heard <= follower.heard) return
    const sentAt = this.#sentAt[heard - 1]
    if (sentAt !== undefined) this.#delays.push(performance.now() - sentAt)
    follower.heard = heard
  }
}

/** What was written last to the record, as the message tells. */
function numberIn(message: ServerMessage): number | undefined {
  switch (message.type) {
    case 'record.state':
      return Number(message.record.fields.price)
    case 'query.page':
      return Number(message.rows.find(({ id }) => id === RECORD)?.fields.price)
    case 'query.diff':
      return Number(message.changed.find(({ id }) => id === RECORD)?.fields.price)
    case 'inbox.page':
      return Number(message.conflicts.find(({ recordId }) => recordId === RECORD)?.challengers.at(-1)?.value)
    case 'inbox.diff':
      return Number(message.changed.find(({ recordId }) => recordId === RECORD)?.challengers.at(-1)?.value)
    default:
      return undefined
  }
}
