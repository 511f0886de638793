/**
 * Decodes a Yjs update (V1) into plain structs, without Yjs: its own decoder creates root types as it reads,
 * believes every count, and takes structs that no client writes. What comes out of here is well-formed by
 * itself; whether it fits a document is decided in `vetUpdate`.
 */
import type { ByteReader, Decoded } from '../../shared/wire/byte-reader.ts'
import { decode } from '../../shared/wire/byte-reader.ts'
import { MalformedBytes } from '../../shared/wire/malformed-bytes.ts'
import type { StructContent } from './struct-content.ts'
import { readContent, readName } from './struct-content.ts'
import {
  INFO_CONTENT_BITS,
  INFO_GC,
  INFO_HAS_ORIGIN,
  INFO_HAS_PARENT_SUB,
  INFO_HAS_RIGHT_ORIGIN,
  INFO_SKIP,
} from './struct-info.ts'
import type { YjsLimits } from './yjs-limits.ts'

/** One clock tick of one client: a character, a format mark, an element. */
export interface StructId {
  readonly client: number
  readonly clock: number
}

export interface WireStruct extends StructId {
  readonly kind: 'gc' | 'skip' | 'item'
  /** Clock ticks; at least 1. */
  readonly length: number
  /** What its author saw on its left and right; null at the ends of a list, and for gc and skip. */
  readonly origin: StructId | null
  readonly rightOrigin: StructId | null
  /** A root's name or a type's id; given only when both origins are null. */
  readonly parent: string | StructId | null
  /** The key, if the item is an entry of a map or an attribute; given only with `parent`. */
  readonly parentSub: string | null
  /** Of kind `item` only. */
  readonly content: StructContent | null
}

/** The structs of one client, in clock order and without holes. */
export interface UpdateSection extends StructId {
  readonly structs: readonly WireStruct[]
}

export interface DeleteRange extends StructId {
  readonly length: number
}

export interface DecodedUpdate {
  readonly sections: readonly UpdateSection[]
  readonly deletes: readonly DeleteRange[]
}

/** No editing session counts so far; beyond it, Yjs's other encoding loses bits. */
export const CLOCK_MAX = 2 ** 31 - 1

const SECTION_BYTES_MIN = 5
const STRUCT_BYTES_MIN = 2
const DELETE_RANGE_BYTES_MIN = 2

const NO_ITEM = { origin: null, rightOrigin: null, parent: null, parentSub: null, content: null } as const

export function decodeUpdate(update: Uint8Array, limits: YjsLimits): Decoded<DecodedUpdate> {
  return decode(update, (reader) => ({
    sections: readSections(reader, limits),
    deletes: readDeletes(reader, limits),
  }))
}

function readSections(reader: ByteReader, limits: YjsLimits): readonly UpdateSection[] {
  const sections: UpdateSection[] = []
  const clients = new Set<number>()
  const count = reader.count(SECTION_BYTES_MIN)
  let structsLeft = limits.structsMax
  for (let index = 0; index < count; index++) {
    const section = readSection(reader, limits, structsLeft)
    // Of two sections of one client, Yjs would drop the first without a word.
    if (clients.has(section.client)) throw new MalformedBytes(`client ${section.client} has two sections`)
    clients.add(section.client)
    structsLeft -= section.structs.length
    sections.push(section)
  }
  return sections
}

function readSection(reader: ByteReader, limits: YjsLimits, structsMax: number): UpdateSection {
  const count = reader.count(STRUCT_BYTES_MIN)
  if (count === 0) throw new MalformedBytes('a section without structs')
  if (count > structsMax) throw new MalformedBytes(`more than ${limits.structsMax} structs`)
  const client = reader.uint()
  const start = reader.uint()
  const structs: WireStruct[] = []
  let clock = start
  for (let index = 0; index < count; index++) {
    const struct = readStruct(reader, client, clock, limits)
    structs.push(struct)
    clock = checkedEnd(struct)
  }
  return { client, clock: start, structs }
}

function readStruct(reader: ByteReader, client: number, clock: number, limits: YjsLimits): WireStruct {
  const info = reader.byte()
  if (info === INFO_GC || info === INFO_SKIP) {
    const length = reader.uint()
    if (length === 0) throw new MalformedBytes('a struct of length 0')
    return { ...NO_ITEM, kind: info === INFO_GC ? 'gc' : 'skip', client, clock, length }
  }
  const origin = (info & INFO_HAS_ORIGIN) === 0 ? null : readEarlierId(reader, client, clock)
  const rightOrigin = (info & INFO_HAS_RIGHT_ORIGIN) === 0 ? null : readEarlierId(reader, client, clock)
  const hasParent = origin === null && rightOrigin === null
  const parent = hasParent ? readParent(reader, client, clock, limits) : null
  const parentSub = hasParent && (info & INFO_HAS_PARENT_SUB) !== 0 ? readName(reader, limits) : null
  const content = readContent(reader, info & INFO_CONTENT_BITS, limits)
  const { length } = content
  return { kind: 'item', client, clock, length, origin, rightOrigin, parent, parentSub, content }
}

function readParent(reader: ByteReader, client: number, clock: number, limits: YjsLimits): string | StructId {
  const isRoot = reader.uint()
  if (isRoot > 1) throw new MalformedBytes(`unknown parent ${isRoot}`)
  return isRoot === 1 ? reader.text(limits.nameBytesMax) : readEarlierId(reader, client, clock)
}

/** An id that a struct builds on. Yjs throws half-way when a struct builds on itself or a later one. */
function readEarlierId(reader: ByteReader, client: number, clock: number): StructId {
  const id = { client: reader.uint(), clock: reader.uint() }
  if (id.client === client && id.clock >= clock) throw new MalformedBytes('a struct builds on a later one')
  return id
}

function readDeletes(reader: ByteReader, limits: YjsLimits): readonly DeleteRange[] {
  const deletes: DeleteRange[] = []
  const clients = new Set<number>()
  const clientCount = reader.count(DELETE_RANGE_BYTES_MIN)
  for (let index = 0; index < clientCount; index++) {
    const client = reader.uint()
    if (clients.has(client)) throw new MalformedBytes(`client ${client} has two lists of delete ranges`)
    clients.add(client)
    const count = reader.count(DELETE_RANGE_BYTES_MIN)
    if (deletes.length + count > limits.deleteRangesMax)
      throw new MalformedBytes(`more than ${limits.deleteRangesMax} delete ranges`)
    for (let range = 0, end = 0; range < count; range++) {
      const deleted = readDeleteRange(reader, client, end)
      end = checkedEnd(deleted)
      deletes.push(deleted)
    }
  }
  return deletes
}

function readDeleteRange(reader: ByteReader, client: number, end: number): DeleteRange {
  const clock = reader.uint()
  const length = reader.uint()
  if (length === 0) throw new MalformedBytes('a delete range of length 0')
  // Yjs walks each range in full: overlapping ones cost it their number times their length.
  if (clock < end) throw new MalformedBytes('delete ranges that overlap or stand out of order')
  return { client, clock, length }
}

interface Span {
  readonly clock: number
  readonly length: number
}

function checkedEnd(span: Span): number {
  const end = endOf(span)
  if (end > CLOCK_MAX) throw new MalformedBytes(`a clock beyond ${CLOCK_MAX}`)
  return end
}

/** The first clock after a struct or range. */
export const endOf = ({ clock, length }: Span): number => clock + length
