/**
 * Finds or opens the room of a record. Idle rooms are kept as long as the memory budget allows and then
 * evicted, the least recently used first; a room with sessions or with writes under way never is (S5).
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import { isRecordId } from '../../shared/record/record-id.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { keyString } from '../../shared/record/record-key.ts'
import type { CollectionSpec, Schema } from '../../shared/schema/schema.ts'
import { plainCollection } from '../../shared/schema/schema.ts'
import type { ErasureRequest } from '../plan/plan-erasure.ts'
import type { TextNews } from '../projection/text-news.ts'
import type { StoredErasure } from '../storage/storage.ts'
import { eraseRecord } from './erase-record.ts'
import { RecordRoom } from './record-room.ts'
import type { RoomContext } from './room-context.ts'
import { TextRoom } from './text-room.ts'

export interface RoomsOptions {
  readonly schema: Schema
  readonly memoryBytesMax: number
  /** Called after each commit of text. */
  readonly onTextCommit: (key: RecordKey, news: TextNews) => void
}

export interface RoomUsage {
  readonly rooms: number
  readonly fields: number
  readonly text: number
  readonly bytes: number
}

interface Evictable {
  readonly isEvictable: boolean
  readonly residentBytes: number
  close(isHurried?: () => boolean): Promise<void>
}

/** For so many rooms that are open, one more may be opened until it is looked again whether the budget is met. */
const LOOK_SHARE = 8
const LOOK_AFTER_MIN = 16

/** How long the server that stops writes what only makes records cheaper to open. */
const LAST_SNAPSHOTS_MS = 2_000

export class Rooms {
  readonly #context: RoomContext
  readonly #options: RoomsOptions
  /** In order of use, the least recent first. */
  readonly #records = new Map<string, RecordRoom>()
  readonly #texts = new Map<string, TextRoom>()
  /** Rooms that may be opened before that. */
  #untilLook = LOOK_AFTER_MIN

  constructor(context: RoomContext, options: RoomsOptions) {
    this.#context = context
    this.#options = options
  }

  /** @throws SluiceError `unknown_collection` or `bad_request`. */
  collectionOf(key: Pick<RecordKey, 'collection' | 'id'>): CollectionSpec {
    const collection = this.#options.schema.get(key.collection)
    if (collection === undefined)
      throw new SluiceError('unknown_collection', `there is no collection "${key.collection}"`)
    if (!isRecordId(key.id))
      throw new SluiceError(
        'bad_request',
        'a record id is 1 to 128 characters, without slashes and control characters',
      )
    return collection
  }

  record(key: RecordKey): RecordRoom {
    this.collectionOf(key)
    return this.deadLetters(key)
  }

  /**
   * The room of a record that may not exist, and whose collection or id may be none: it takes what could not be
   * carried out, so that a person can look at it (P14).
   */
  deadLetters(key: RecordKey): RecordRoom {
    const collection = this.#declared(key)
    return this.#open(
      this.#records,
      key,
      (name) => new RecordRoom(key, collection, this.#context, () => touch(this.#records, name)),
    )
  }

  text(key: RecordKey): TextRoom {
    const collection = this.collectionOf(key)
    return this.#open(
      this.#texts,
      key,
      (name) =>
        new TextRoom(key, collection, this.#context, {
          onTouch: () => touch(this.#texts, name),
          onCommit: this.#options.onTextCommit,
        }),
    )
  }

  /** What a text shows was read from the store: who has it open is told. */
  shown(key: RecordKey, content: Parameters<TextRoom['shown']>[0]): void {
    this.#texts.get(keyString(key))?.shown(content)
  }

  /**
   * Erases the record, which may be one of a collection that the schema has lost, and closes what is open of it.
   * @throws SluiceError `not_found`, `erased` or `store_unavailable`.
   */
  async erase(key: RecordKey, request: ErasureRequest): Promise<StoredErasure> {
    const stub = await eraseRecord(this.#context.storage, key, this.#declared(key), request)
    const name = keyString(key)
    await Promise.all([this.#records.get(name)?.erased(), this.#texts.get(name)?.erased()])
    this.#context.commits.fire({ key, changesInbox: true })
    return stub
  }

  #declared({ collection }: RecordKey): CollectionSpec {
    return this.#options.schema.get(collection) ?? plainCollection(collection)
  }

  /** How many rooms are open, by lane, and roughly what they hold in memory. */
  get usage(): RoomUsage {
    const rooms = [...this.#records.values(), ...this.#texts.values()]
    return {
      rooms: rooms.length,
      fields: this.#records.size,
      text: this.#texts.size,
      bytes: rooms.reduce((sum, room) => sum + room.residentBytes, 0),
    }
  }

  /**
   * Evicts idle rooms until the budget is met. Called now and then by the composition root, since rooms grow, and whenever
   * many have been opened.
   */
  evict(): void {
    const { rooms: count, bytes: held } = this.usage
    this.#untilLook = Math.max(LOOK_AFTER_MIN, Math.floor(count / LOOK_SHARE))
    let bytes = held
    for (const rooms of [this.#texts, this.#records] as readonly Map<string, Evictable>[])
      for (const [name, room] of rooms) {
        if (bytes <= this.#options.memoryBytesMax) return
        if (!room.isEvictable) continue
        bytes -= room.residentBytes
        rooms.delete(name)
        room.close().catch((error: unknown) => {
          this.#context.log.warn({ err: error, room: name }, 'a room could not be closed in order')
        })
      }
  }

  /** Waits until everything submitted is durable; nothing new is taken. */
  async close(): Promise<void> {
    const { clock } = this.#context.measures
    const until = clock() + LAST_SNAPSHOTS_MS
    const rooms = [...this.#records.values(), ...this.#texts.values()]
    // What waits to be saved then is given up.
    const timer = setTimeout(() => void this.#context.saver.close(), LAST_SNAPSHOTS_MS)
    await Promise.all(rooms.map((room) => room.close(() => clock() > until)))
    clearTimeout(timer)
  }

  #open<Room>(rooms: Map<string, Room>, key: RecordKey, make: (name: string) => Room): Room {
    const name = keyString(key)
    const open = rooms.get(name)
    if (open !== undefined) return open
    this.#untilLook -= 1
    if (this.#untilLook <= 0) this.evict()
    const room = make(name)
    rooms.set(name, room)
    return room
  }
}

/** Moves a room to the end of the eviction order. */
function touch<Room>(rooms: Map<string, Room>, name: string): void {
  const room = rooms.get(name)
  if (room === undefined) return
  rooms.delete(name)
  rooms.set(name, room)
}
