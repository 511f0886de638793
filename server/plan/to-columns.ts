/** Takes a text apart into the columns in which it is stored. */
import { ByteCursor, utf16Length } from '../gate/byte-cursor.ts'
import { ByteSink } from '../gate/byte-sink.ts'
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
import type { Place } from './text-columns.ts'
import { COLUMNS, columnsOf, Expected } from './text-columns.ts'

const COLUMN_BYTES = 256

/** @param update a whole text as Yjs writes it (V1). */
export function toColumns(update: Uint8Array): Uint8Array {
  const source = new ByteCursor(update)
  const writer = new ColumnWriter(source)
  const sections = source.uint()
  writer.columns.sections.uint(sections)
  for (let section = 0; section < sections; section++) writer.section()
  const deletions = update.subarray(source.at)
  if (Buffer.compare(deletions, writer.deleted.encoded()) !== 0)
    writer.columns.deletions.copy(deletions, 0, deletions.byteLength)
  return joined(COLUMNS.map((name) => writer.columns[name].bytes))
}

function joined(columns: readonly Uint8Array[]): Uint8Array {
  const sink = new ByteSink(columns.reduce((sum, { byteLength }) => sum + byteLength, COLUMN_BYTES))
  for (const { byteLength } of columns) sink.uint(byteLength)
  for (const column of columns) sink.copy(column, 0, column.byteLength)
  return sink.bytes
}

class ColumnWriter {
  readonly columns = columnsOf(() => new ByteSink(COLUMN_BYTES))
  readonly deleted = new DeletedRanges()
  readonly #source: ByteCursor
  readonly #clients = new Map<number, number>()
  readonly #expected = new Expected()

  constructor(source: ByteCursor) {
    this.#source = source
  }

  section(): void {
    const { sections } = this.columns
    const structs = this.#source.uint()
    const id = this.#source.uint()
    let clock = this.#source.uint()
    sections.uint(structs)
    const client = this.#client(sections, id)
    sections.uint(clock)
    for (let struct = 0; struct < structs; struct++) {
      const info = this.#source.byte()
      const ticks = this.#struct(info, { client, clock })
      if (!(ticks > 0)) throw new RangeError('a struct that the server does not write')
      if (isGone(info)) this.deleted.add(id, clock, ticks)
      clock += ticks
    }
  }

  /** @returns its clock ticks; NaN for what is no struct of a text. */
  #struct(info: number, struct: Place): number {
    this.columns.infos.byte(info)
    if (info === INFO_GC) return this.#ticks()
    const hasLeft = (info & INFO_HAS_ORIGIN) !== 0
    const hasRight = (info & INFO_HAS_RIGHT_ORIGIN) !== 0
    if (hasLeft) this.#left(struct)
    if (hasRight) this.#right()
    if (!hasLeft && !hasRight) this.#other((source) => skipParent(source, info))
    const kind = info & INFO_CONTENT_BITS
    if (kind === CONTENT_DELETED) return this.#ticks()
    return kind === CONTENT_STRING ? this.#string() : this.#other((source) => skipContent(source, kind))
  }

  #left(struct: Place): void {
    const client = this.#client(this.columns.leftClients, this.#source.uint())
    const clock = this.#source.uint()
    this.columns.leftClocks.int(clock - this.#expected.left(client, struct))
    this.#expected.afterLeft(client, clock)
  }

  #right(): void {
    const client = this.#client(this.columns.rightClients, this.#source.uint())
    const clock = this.#source.uint()
    this.columns.rightClocks.int(clock - this.#expected.right(client))
    this.#expected.afterRight(client, clock)
  }

  #client(column: ByteSink, id: number): number {
    const known = this.#clients.get(id)
    const client = known ?? this.#clients.size
    column.uint(client)
    if (known !== undefined) return known
    this.columns.clients.uint(id)
    this.#clients.set(id, client)
    return client
  }

  #ticks(): number {
    const ticks = this.#source.uint()
    this.columns.ticks.uint(ticks)
    return ticks
  }

  #string(): number {
    const { bytes } = this.#source
    const length = this.#source.uint()
    const start = this.#source.at
    this.#source.at += length
    this.columns.stringLengths.uint(length)
    this.columns.strings.copy(bytes, start, this.#source.at)
    return utf16Length(bytes, start, this.#source.at)
  }

  #other<T>(skip: (source: ByteCursor) => T): T {
    const start = this.#source.at
    const skipped = skip(this.#source)
    this.columns.others.copy(this.#source.bytes, start, this.#source.at)
    return skipped
  }
}
