// A client with a Y.Doc of its own, as y-websocket has it: it sends what it writes, asks for the rest when it connects,
// and takes for stored what the server has told it, its own edits among it.
import * as Y from 'yjs'
import { readFrame, writeSyncStep1, writeSyncStep2, writeUpdate } from '../../../shared/wire/y-protocol.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { Replica } from './replica.ts'
import type { Wire } from './wire.ts'

export class TextReplica implements Replica {
  readonly door = 'yjs'
  readonly name: string
  readonly doc = new Y.Doc()
  /** What the server has told: all of it is durable (W4). */
  readonly told = new Y.Doc()
  wire: Wire | null = null

  /** @param client a Yjs client id that nobody else has. */
  constructor(name: string, client: number) {
    this.name = name
    this.doc.clientID = client
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.wire?.send(writeUpdate(update))
    })
  }

  greet(): void {
    this.wire?.send(writeSyncStep1(Y.encodeStateVector(this.doc)))
  }

  hear(frame: Uint8Array): void {
    const read = readFrame(frame)
    if (!read.ok) throw new Error(`${this.name} cannot read a frame: ${read.reason}`)
    const message = read.frame
    if (message.type === 'sync-step-1')
      this.wire?.send(writeSyncStep2(Y.encodeStateAsUpdate(this.doc, message.stateVector)))
    if (message.type === 'permission-denied') throw new Error(`${this.name} was denied: ${message.reason}`)
    if (message.type !== 'sync-step-2' && message.type !== 'update') return
    Y.applyUpdate(this.told, message.update)
    Y.applyUpdate(this.doc, message.update, this)
  }

  edit(random: SeededRandom, id: string): void {
    const text = this.doc.getText('body')
    const at = random.int(0, text.length)
    if (random.chance(0.3) && text.length > at) text.delete(at, random.int(1, Math.min(8, text.length - at)))
    else text.insert(at, `<${id}>`)
  }

  free(): void {
    this.doc.destroy()
    this.told.destroy()
  }
}
