/** Puts a text together from the columns in which it is stored: into the very bytes of which they were made. */
import { ByteCursor, utf16Length } from '../gate/byte-cursor.ts'
import { ByteSink, signed } from '../gate/byte-sink.ts'
import { DeletedRanges } from '../gate/deleted-ranges.ts'
import { skipContent, skipParent } from '../gate/skip-struct.ts'
import {
  CONTENT_DELETED,
  CONTENT_STRING,
  INFO_CONTENT_BITS,
  INFO_GC,
  INFO_HAS_ORIGIN,
  INFO_HAS_RIGHT_ORIGIN,
  isGone,
} from '../gate/struct-info.ts'
import type { Columns, Place } from './text-columns.ts'
import { COLUMNS, Expected } from './text-columns.ts'

/**
 * The inverse of `toColumns`, a few thousand structs at each step.
 * @param updateBytes length of the update.
 * @throws RangeError for bytes that `toColumns` has not made of an update of that length.
 */
export function* fromColumns(bytes: Uint8Array, updateBytes: number): Generator<void, Uint8Array> {
  const reader = new ColumnReader(bytes, updateBytes)
  const sections = reader.columns.sections.uint()
  reader.update.uint(sections)
  for (let section = 0; section < sections; section++) yield* reader.section()
  const { deletions } = reader.columns
  const end = deletions.isAtEnd ? reader.deleted.encoded() : deletions.bytes
  reader.update.copy(end, 0, end.byteLength)
  if (reader.update.length !== updateBytes) throw unreadable()
  return reader.update.bytes
}

const STRUCTS_PER_STEP = 2_000
/** So that the last number fits without more memory. */
const ROOM_BYTES = 8
const unreadable = (): RangeError => new RangeError('the columns of a text cannot be read')

class ColumnReader {
  readonly columns: Columns<ByteCursor>
  readonly update: ByteSink
  readonly deleted = new DeletedRanges()
  readonly #updateBytes: number
  readonly #clients: number[] = []
  readonly #expected = new Expected()
  #structs = 0

  constructor(bytes: Uint8Array, updateBytes: number) {
    const head = new ByteCursor(bytes)
    const lengths = COLUMNS.map(() => head.uint())
    let start = head.at
    this.columns = Object.fromEntries(
      COLUMNS.map((name, index) => {
        const end = start + (lengths[index] ?? 0)
        const column = new ByteCursor(bytes.subarray(start, end))
        start = end
        return [name, column]
      }),
    ) as Columns<ByteCursor>
    this.update = new ByteSink(updateBytes + ROOM_BYTES)
    this.#updateBytes = updateBytes
  }

  *section(): Generator<void> {
    const { sections, infos } = this.columns
    const structs = sections.uint()
    const client = sections.uint()
    const id = this.#idOf(client)
    let clock = sections.uint()
    this.update.uint(structs)
    this.update.uint(id)
    this.update.uint(clock)
    for (let struct = 0; struct < structs; struct++) {
      const info = infos.byte()
      const ticks = this.#struct(info, { client, clock })
      // Damaged columns may announce more than they hold.
      if (!(ticks > 0) || this.update.length > this.#updateBytes) throw unreadable()
      if (isGone(info)) this.deleted.add(id, clock, ticks)
      clock += ticks
      if (++this.#structs % STRUCTS_PER_STEP === 0) yield
    }
  }

  #struct(info: number, struct: Place): number {
    this.update.byte(info)
    if (info === INFO_GC) return this.#ticks()
    const hasLeft = (info & INFO_HAS_ORIGIN) !== 0
    const hasRight = (info & INFO_HAS_RIGHT_ORIGIN) !== 0
    if (hasLeft) this.#left(struct)
    if (hasRight) this.#right()
    if (!hasLeft && !hasRight) this.#other((others) => skipParent(others, info))
    const kind = info & INFO_CONTENT_BITS
    if (kind === CONTENT_DELETED) return this.#ticks()
    return kind === CONTENT_STRING ? this.#string() : this.#other((others) => skipContent(others, kind))
  }

  #left(struct: Place): void {
    const client = this.columns.leftClients.uint()
    const clock = this.#expected.left(client, struct) + signed(this.columns.leftClocks.uint())
    this.#expected.afterLeft(client, clock)
    this.update.uint(this.#idOf(client))
    this.update.uint(clock)
  }

  #right(): void {
    const client = this.columns.rightClients.uint()
    const clock = this.#expected.right(client) + signed(this.columns.rightClocks.uint())
    this.#expected.afterRight(client, clock)
    this.update.uint(this.#idOf(client))
    this.update.uint(clock)
  }

  #idOf(client: number): number {
    if (client === this.#clients.length) this.#clients.push(this.columns.clients.uint())
    const id = this.#clients[client]
    if (id === undefined) throw unreadable()
    return id
  }

  #ticks(): number {
    const ticks = this.columns.ticks.uint()
    this.update.uint(ticks)
    return ticks
  }

  #string(): number {
    const { strings, stringLengths } = this.columns
    const length = stringLengths.uint()
    const start = strings.at
    strings.at += length
    this.update.uint(length)
    this.update.copy(strings.bytes, start, strings.at)
    return utf16Length(strings.bytes, start, strings.at)
  }

  #other<T>(skip: (others: ByteCursor) => T): T {
    const { others } = this.columns
    const start = others.at
    const skipped = skip(others)
    this.update.copy(others.bytes, start, others.at)
    return skipped
  }
}
