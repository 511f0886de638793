// Which characters of which authors an update holds, and whether they are the right ones. Everybody in a room is sent
// the same bytes, so they are read once for all clients of a process, and their content is looked at after the clock
// has stopped.
import * as Y from 'yjs'
import { letterAt } from './typed-text.ts'

export interface Range {
  readonly author: number
  readonly from: number
  readonly to: number
}

export interface ReceivedUpdate {
  /** The same object for the same bytes, as long as they come close to each other. */
  readonly bytes: Buffer
  readonly ranges: readonly Range[]
}

const RECENT_MAX = 64

export class ReceivedUpdates {
  readonly #recent: ReceivedUpdate[] = []
  #oldest = 0
  /** Every update that differs from those read lately. */
  readonly #distinct: Buffer[] = []
  readonly #keeps: boolean

  /** @param keeps whether content is to be looked at afterwards. */
  constructor(keeps: boolean) {
    this.#keeps = keeps
  }

  read(update: Uint8Array): ReceivedUpdate {
    const bytes = Buffer.from(update.buffer, update.byteOffset, update.byteLength)
    const known = this.#recent.find((one) => one.bytes.length === bytes.length && one.bytes.equals(bytes))
    if (known !== undefined) return known
    const { from, to } = Y.parseUpdateMeta(update)
    const ranges = [...to].map(([author, end]) => ({ author, from: from.get(author) ?? 0, to: end }))
    const own = { bytes: Buffer.from(bytes), ranges }
    this.#recent[this.#oldest] = own
    this.#oldest = (this.#oldest + 1) % RECENT_MAX
    if (this.#keeps) this.#distinct.push(own.bytes)
    return own
  }

  /** @returns what is wrong with typed text that has arrived: another letter, or a letter at another place; or null. */
  fault(): string | null {
    for (const update of this.#distinct)
      for (const struct of Y.decodeUpdate(update).structs) {
        const fault = faultOf(struct)
        if (fault !== null) return fault
      }
    return null
  }
}

function faultOf(struct: Y.Item | Y.GC | { readonly id: Y.ID }): string | null {
  const { client, clock } = struct.id
  const where = `character ${clock} of author ${client}`
  if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString))
    return `${where} is no text`
  const { origin, content } = struct
  const isInPlace = clock === 0 ? origin === null : origin?.client === client && origin.clock === clock - 1
  if (!isInPlace) return `${where} stands elsewhere`
  for (let at = 0; at < content.str.length; at++)
    if (content.str[at] !== letterAt(clock + at)) return `${where} is another`
  return null
}
