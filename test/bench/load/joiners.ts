// Those who open stored texts, all at once: the part of them that lives in one process of the generator.
import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import type { Address } from '../targets.ts'
import { pause } from './measures.ts'
import { ReceivedUpdates } from './received-updates.ts'
import { TextClient } from './text-client.ts'

export interface StoredText {
  readonly room: string
  /** How many characters each author has typed, those that were deleted included. */
  readonly written: readonly (readonly [author: number, count: number])[]
  /** SHA-256 of what it reads, in hex; null for the text that every author types (`typed-text.ts`). */
  readonly digest: string | null
}

export interface JoinersInput {
  readonly address: Address
  /** One for each who joins. */
  readonly texts: readonly StoredText[]
}

export interface Joined {
  /** From the first connection of this process to the last character, for each who joins. */
  readonly waitsMs: readonly number[]
  readonly bytes: number
}

const JOIN_MS = 400_000

export class Joiners {
  readonly #input: JoinersInput
  readonly #received = new ReceivedUpdates(true)
  #clients: readonly TextClient[] = []

  constructor(input: JoinersInput) {
    this.#input = input
  }

  /** Resolves when all have everything. */
  async join(): Promise<Joined> {
    const { address, texts } = this.#input
    const began = performance.now()
    const waits = texts.map((text) => {
      const client = new TextClient(address, text.room, this.#received, { keeps: true })
      return { client, done: complete(client, text).then(() => performance.now() - began) }
    })
    this.#clients = waits.map(({ client }) => client)
    const waitsMs = await Promise.all(waits.map(({ done }) => done))
    return { waitsMs, bytes: this.#clients.reduce((bytes, client) => bytes + client.bytes, 0) }
  }

  /** Looks at what each has received. @throws Error if it is not the text. */
  check(): void {
    const { texts } = this.#input
    const digests = new Map<Uint8Array, string>()
    for (const [index, client] of this.#clients.entries()) {
      if (client.gaps > 0) throw new Error('deliveries with gaps')
      const text = texts[index]
      if (text === undefined || text.digest === null) continue
      const [first] = client.kept ?? []
      // Most have received one update, the same as the others.
      const known = client.kept?.length === 1 && first !== undefined ? digests.get(first) : undefined
      const digest = known ?? digestOf(client.kept ?? [])
      if (client.kept?.length === 1 && first !== undefined) digests.set(first, digest)
      if (digest !== text.digest) throw new Error(`wrong content: ${text.room} reads otherwise`)
    }
    if (texts.some(({ digest }) => digest !== null)) return
    const fault = this.#received.fault()
    if (fault !== null) throw new Error(`wrong content: ${fault}`)
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}

export const digestOfText = (text: string): string => createHash('sha256').update(text).digest('hex')

function digestOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return digestOfText(doc.getText('body').toString())
}

export const hasAll = ({ seen }: TextClient, { written }: StoredText): boolean =>
  written.every(([author, count]) => (seen.get(author) ?? 0) >= count)

/** Resolves when the client has all of the text. @throws Error if its session ends before. */
async function complete(client: TextClient, text: StoredText): Promise<void> {
  const arrived = new Promise<void>((resolve) => {
    const look = (): void => {
      if (hasAll(client, text)) resolve()
    }
    client.onDelivery(look)
    look()
  })
  let isOver = false
  const watch = async (): Promise<void> => {
    for (let waited = 0; !isOver; waited += LOOK_MS) {
      if (client.ended !== null) throw new Error(`a session ended: ${client.ended}`)
      if (waited > JOIN_MS) throw new Error('missing deliveries: a text has not arrived')
      await pause(LOOK_MS)
    }
  }
  await Promise.race([arrived, watch()])
  isOver = true
}

const LOOK_MS = 50
