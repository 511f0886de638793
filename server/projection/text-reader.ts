/**
 * Reads what the text of a record shows: from its journal, or, while it is being written, from the document that the
 * materializer's thread holds and from what the rooms say they have added. Which of the two shows in nothing but time.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Storage, StoredTextLane } from '../storage/storage.ts'
import type { TextMaterializer } from './text-materializer.ts'
import type { TextNews } from './text-news.ts'
import { GatheredNews } from './text-news.ts'
import type { MaterializedText } from './text-replay.ts'
import { snapshotIsDue, tailCost } from './text-snapshot-policy.ts'

export interface TextReaderOptions {
  readonly storage: Pick<Storage, 'loadText' | 'readFields'>
  /** Is not closed by the reader. */
  readonly materializer: Pick<TextMaterializer, 'materialize' | 'advance'>
}

export interface ReadText extends MaterializedText {
  /** Of the lane. */
  readonly version: number
  /** When the newest update was received. */
  readonly updatedAt: string
}

/** A document that the thread holds, and what has come to the lane's journal since its snapshot. */
interface Hold {
  readonly version: number
  readonly tailCost: number
  readonly snapshotBytes: number
}

/** Of a text that gets so many entries between two readings, the document is worth its memory. */
const HELD_ENTRIES_MIN = 100
/** How much may be known of what is held; the thread has bounds of its own. */
const HOLDS_BYTES_MAX = 1024 * 1024
const HOLD_BYTES = 256

export class TextReader {
  readonly #storage: TextReaderOptions['storage']
  readonly #materializer: TextReaderOptions['materializer']
  readonly #news = new GatheredNews()
  readonly #holds = new BoundedMap<string, Hold>(HOLDS_BYTES_MAX)

  constructor({ storage, materializer }: TextReaderOptions) {
    this.#storage = storage
    this.#materializer = materializer
  }

  /** @param news what a commit has added; undefined if that is not at hand: what was told before is not the newest. */
  notice(key: RecordKey, news: TextNews | undefined): void {
    if (news === undefined) this.#news.take(key)
    else this.#news.add(key, news)
  }

  /** What was read could not be made use of: next time it is read from the journal. */
  forget(key: RecordKey): void {
    this.#holds.drop(keyString(key))
  }

  /**
   * @returns null if there is nothing to project.
   * @throws what the store says, or `JobError`.
   */
  async read(key: RecordKey, texts: readonly string[]): Promise<ReadText | null> {
    const news = this.#news.take(key)
    const hold = this.#holds.find(keyString(key))
    // Until it is read, the thread may hold something else.
    this.forget(key)
    const advanced =
      news !== null && hold?.version === news.after ? await this.#advance(key, texts, hold, news) : null
    return advanced ?? (await this.#replay(key, texts, (news?.entries ?? 0) >= HELD_ENTRIES_MIN))
  }

  async #advance(
    key: RecordKey,
    texts: readonly string[],
    hold: Hold,
    { version, updates, entries, receivedAt }: TextNews,
  ): Promise<ReadText | null> {
    const cost = hold.tailCost + tailCost(entries, updates)
    const wantSnapshot = snapshotIsDue(cost, hold.snapshotBytes)
    const name = keyString(key)
    const advance = { name, onto: hold.version, version, updates, texts, wantSnapshot }
    const text = await this.#materializer.advance(advance)
    if (text === null) return null
    this.#hold(key, version, cost, text.snapshot?.byteLength ?? null, hold.snapshotBytes)
    return { version, updatedAt: receivedAt, ...text }
  }

  async #replay(key: RecordKey, texts: readonly string[], isWritten: boolean): Promise<ReadText | null> {
    const lane = await this.#storage.loadText(key)
    const updatedAt = await this.#shownSince(key, lane)
    if (updatedAt === null) return null
    const { version, snapshot, tail } = lane
    const snapshotBytes = snapshot?.bytes.byteLength ?? 0
    const cost = tailCost(tail.length, tail)
    const text = await this.#materializer.materialize({
      snapshot: snapshot?.bytes ?? null,
      updates: tail,
      texts,
      wantSnapshot: snapshotIsDue(cost, snapshotBytes),
      ...(isWritten ? { hold: { name: keyString(key), version } } : {}),
    })
    if (isWritten) this.#hold(key, version, cost, text.snapshot?.byteLength ?? null, snapshotBytes)
    return { version, updatedAt, ...text }
  }

  #hold(key: RecordKey, version: number, cost: number, written: number | null, before: number): void {
    const hold =
      written === null
        ? { version, tailCost: cost, snapshotBytes: before }
        : { version, tailCost: 0, snapshotBytes: written }
    this.#holds.keep(keyString(key), hold, HOLD_BYTES)
  }

  /**
   * When the newest update was received; null when there is nothing to project. A snapshot without a tail has
   * no time of its own: its text is projected anew only after the columns were dropped, which changes no record.
   */
  async #shownSince(key: RecordKey, { receivedAt }: StoredTextLane): Promise<string | null> {
    if (receivedAt !== null) return receivedAt
    const record = await this.#storage.readFields(key)
    return record !== null && record.projectedTextVersion < record.textVersion ? record.updatedAt : null
  }
}
