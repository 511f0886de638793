/**
 * Decodes the content of one Yjs struct far enough to know that Yjs can take it and write it back: its kind,
 * its length in clock ticks, and that no value in it is malformed, bottomless or poisoned.
 */
import type { ByteReader } from '../../shared/wire/byte-reader.ts'
import { MalformedBytes } from '../../shared/wire/malformed-bytes.ts'
import { checkKey, parseStrictJson } from '../../shared/wire/strict-json.ts'
import type { YjsLimits } from './yjs-limits.ts'

export type ContentKind = 'deleted' | 'json' | 'binary' | 'string' | 'embed' | 'format' | 'type' | 'any'

export type TypeKind = 'array' | 'map' | 'text' | 'xml-element' | 'xml-fragment' | 'xml-hook' | 'xml-text'

export interface StructContent {
  readonly kind: ContentKind
  /** Clock ticks; at least 1. */
  readonly length: number
  /** Of kind `type` only. */
  readonly typeKind: TypeKind | null
}

/** By Yjs's content reference, the low five bits of a struct's info byte. */
const CONTENT_KINDS: readonly (ContentKind | null)[] = [
  null,
  'deleted',
  'json',
  'binary',
  'string',
  'embed',
  'format',
  'type',
  'any',
]
const CONTENT_SUBDOCUMENT = 9

/** By Yjs's type reference. */
const TYPE_KINDS: readonly TypeKind[] = [
  'array',
  'map',
  'text',
  'xml-element',
  'xml-fragment',
  'xml-hook',
  'xml-text',
]

const BINARY: StructContent = { kind: 'binary', length: 1, typeKind: null }
const EMBED: StructContent = { kind: 'embed', length: 1, typeKind: null }
const FORMAT: StructContent = { kind: 'format', length: 1, typeKind: null }

/** @throws MalformedBytes, or the library's own errors, for content that Yjs must not meet. */
export function readContent(reader: ByteReader, reference: number, limits: YjsLimits): StructContent {
  const kind = CONTENT_KINDS[reference]
  switch (kind) {
    case 'deleted':
      return lasting(kind, reader.uint())
    case 'json':
      return lasting(kind, readJsonValues(reader, limits))
    case 'binary':
      reader.bytes()
      return BINARY
    case 'string':
      return lasting(kind, reader.text().length)
    case 'embed':
      parseStrictJson(reader.text(), limits.valueDepthMax)
      return EMBED
    case 'format':
      readName(reader, limits)
      parseStrictJson(reader.text(), limits.valueDepthMax)
      return FORMAT
    case 'type':
      return { kind, length: 1, typeKind: readTypeKind(reader, limits) }
    case 'any':
      return lasting(kind, readAnyValues(reader, limits.valueDepthMax))
    default:
      throw new MalformedBytes(
        reference === CONTENT_SUBDOCUMENT ? 'subdocuments are not taken' : `unknown content ${reference}`,
      )
  }
}

/** A struct of length 0 makes every later load of the document throw. */
function lasting(kind: ContentKind, length: number): StructContent {
  if (length === 0) throw new MalformedBytes('a struct of length 0')
  return { kind, length, typeKind: null }
}

/** A key or an element's name. */
export function readName(reader: ByteReader, limits: YjsLimits): string {
  const name = reader.text(limits.nameBytesMax)
  checkKey(name)
  return name
}

function readTypeKind(reader: ByteReader, limits: YjsLimits): TypeKind {
  const reference = reader.uint()
  const typeKind = TYPE_KINDS[reference]
  if (typeKind === undefined) throw new MalformedBytes(`unknown type ${reference}`)
  if (typeKind === 'xml-element' || typeKind === 'xml-hook') readName(reader, limits)
  return typeKind
}

function readJsonValues(reader: ByteReader, limits: YjsLimits): number {
  const count = reader.count(1)
  for (let value = 0; value < count; value++) {
    const text = reader.text()
    if (text !== 'undefined') parseStrictJson(text, limits.valueDepthMax)
  }
  return count
}

function readAnyValues(reader: ByteReader, depthMax: number): number {
  const count = reader.count(1)
  for (let value = 0; value < count; value++) skipAny(reader, depthMax)
  return count
}

const ANY_BYTES = 116
const ANY_ARRAY = 117
const ANY_OBJECT = 118
const ANY_STRING = 119
const ANY_TRUE = 120
const ANY_FALSE = 121
const ANY_BIGINT = 122
const ANY_FLOAT64 = 123
const ANY_FLOAT32 = 124
const ANY_INTEGER = 125
const ANY_NULL = 126
const ANY_UNDEFINED = 127

/** Walks one value of lib0's `any` encoding. */
function skipAny(reader: ByteReader, depthLeft: number): void {
  const tag = reader.byte()
  switch (tag) {
    case ANY_UNDEFINED:
    case ANY_NULL:
    case ANY_TRUE:
    case ANY_FALSE:
      return
    case ANY_INTEGER:
      reader.uint()
      return
    case ANY_FLOAT32:
      reader.skip(4)
      return
    case ANY_FLOAT64:
    case ANY_BIGINT:
      reader.skip(8)
      return
    case ANY_STRING:
      reader.text()
      return
    case ANY_BYTES:
      reader.bytes()
      return
    case ANY_ARRAY:
    case ANY_OBJECT:
      if (depthLeft === 0) throw new MalformedBytes('a value is nested too deeply')
      skipMembers(reader, tag === ANY_OBJECT, depthLeft - 1)
      return
    default:
      throw new MalformedBytes(`unknown value ${tag}`)
  }
}

function skipMembers(reader: ByteReader, areNamed: boolean, depthLeft: number): void {
  const count = reader.count(areNamed ? 2 : 1)
  for (let member = 0; member < count; member++) {
    if (areNamed) checkKey(reader.text())
    skipAny(reader, depthLeft)
  }
}
