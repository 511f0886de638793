/**
 * What has been committed to texts since they were last projected, kept in memory: a text that is being written is
 * projected without reading its journal again.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'

/** What commits have added to a text between two versions of its lane. */
export interface TextNews {
  /** The version that they were added to. */
  readonly after: number
  readonly version: number
  /** Yjs updates (V1), oldest first; one may hold what several entries of the journal hold. */
  readonly updates: readonly Uint8Array[]
  /** In the journal. */
  readonly entries: number
  /** When the newest was received. */
  readonly receivedAt: string
}

interface Gathered {
  readonly after: number
  version: number
  readonly updates: Uint8Array[]
  bytes: number
  entries: number
  receivedAt: string
}

/** Of all texts together. What does not fit is read from the journal. */
const BYTES_MAX = 8 * 1024 * 1024
/** What an update takes beside its bytes. */
const UPDATE_BYTES = 320

export class GatheredNews {
  readonly #bytesMax: number
  readonly #texts = new Map<string, Gathered>()
  #bytes = 0

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  add(key: RecordKey, news: TextNews): void {
    const name = keyString(key)
    const known = this.#texts.get(name)
    const bytes = news.updates.reduce((sum, { byteLength }) => sum + byteLength + UPDATE_BYTES, 0)
    if (known !== undefined && known.version !== news.after) this.#drop(name, known)
    if (this.#bytes + bytes > this.#bytesMax) {
      this.take(key)
      return
    }
    this.#bytes += bytes
    if (known?.version === news.after) {
      known.version = news.version
      known.updates.push(...news.updates)
      known.bytes += bytes
      known.entries += news.entries
      known.receivedAt = news.receivedAt
    } else {
      const { after, version, updates, entries, receivedAt } = news
      this.#texts.set(name, { after, version, updates: [...updates], bytes, entries, receivedAt })
    }
  }

  /** All that has been gathered of a text without a gap, and forgets it. */
  take(key: RecordKey): TextNews | null {
    const name = keyString(key)
    const known = this.#texts.get(name)
    if (known === undefined) return null
    this.#drop(name, known)
    return known
  }

  #drop(name: string, { bytes }: Gathered): void {
    this.#texts.delete(name)
    this.#bytes -= bytes
  }
}
