/**
 * A collection as text (S8): the form in which a store keeps the schemas that its journal was written under.
 * It names no member of a field, so that it need not change when fields learn something new.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { plainSpec } from './field-spec.ts'
import type { CollectionSpec } from './schema.ts'
import { plainCollection } from './schema.ts'

/** Members that stand for what JSON lacks. A declared object that has one of them is itself wrapped. */
const MAP = '$map'
const SET = '$set'
const NUMBER = '$number'
const OBJECT = '$object'
const WRAPPERS: readonly string[] = [MAP, SET, NUMBER, OBJECT]

/**
 * Canonical JSON: equal for equal collections. Maps and sets keep their order, objects do not; members that
 * are functions or undefined are left out, since no text can say what a function does. So are access rules: a replay
 * does not ask them, and who may read is no reason to judge history by another schema.
 * @throws RangeError for a value that is neither data nor a function.
 */
export const encodeCollection = ({ access, ...definition }: CollectionSpec): string => encode(definition)

/** @throws RangeError if the text is not one that `encodeCollection` has made. */
export function decodeCollection(text: string): CollectionSpec {
  const spec = decode(parse(text))
  if (!isCollection(spec)) throw new RangeError('not the definition of a collection')
  return spec
}

/** With a plain policy where the text has none: rules are functions, and what they said is journaled instead. */
export function completeCollection(spec: CollectionSpec): CollectionSpec {
  const fields = [...spec.fields].map(
    ([name, field]) => [name, { ...plainSpec(field.kind), ...field }] as const,
  )
  return { ...plainCollection(spec.name), ...spec, fields: new Map(fields) }
}

const digests = new WeakMap<CollectionSpec, string>()

/** Names a definition: the SHA-256 of its text, in hex. Computed once for each collection. */
export function digestOf(spec: CollectionSpec): string {
  const known = digests.get(spec)
  if (known !== undefined) return known
  const digest = digestOfDefinition(encodeCollection(spec))
  digests.set(spec, digest)
  return digest
}

export const digestOfDefinition = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

function encode(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      return encodeNumber(value)
    case 'object':
      return value === null ? 'null' : encodeObject(value)
    case 'function':
    case 'undefined':
      // Only an element of an array gets here: its place is kept.
      return 'null'
    default:
      throw new RangeError(`a collection cannot hold a ${typeof value}`)
  }
}

const encodeNumber = (value: number): string =>
  Number.isFinite(value) && !Object.is(value, -0)
    ? String(value)
    : members([[NUMBER, JSON.stringify(Object.is(value, -0) ? '-0' : String(value))]])

function encodeObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`
  if (value instanceof Set) return members([[SET, encode([...value])]])
  if (value instanceof Map) return members([[MAP, encode([...value].filter(([, member]) => isData(member)))]])
  const entries = Object.entries(value)
    .filter(([, member]) => isData(member))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]): [string, string] => [name, encode(member)])
  const plain = members(entries)
  return entries.some(([name]) => WRAPPERS.includes(name)) ? members([[OBJECT, plain]]) : plain
}

const isData = (value: unknown): boolean => value !== undefined && typeof value !== 'function'

const members = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RangeError('not the definition of a collection: it is not JSON')
  }
}

function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(decode)
  const entries = Object.entries(value)
  const [first] = entries
  if (first === undefined || entries.length > 1 || !WRAPPERS.includes(first[0])) return decodeMembers(entries)
  const [wrapper, content] = first
  switch (wrapper) {
    case NUMBER:
      return Number(content)
    case OBJECT:
      return decodeMembers(Object.entries(isObject(content) ? content : {}))
    case SET:
      return new Set(listOf(content).map(decode))
    default:
      return new Map(listOf(content).map((pair) => [decode(listOf(pair)[0]), decode(listOf(pair)[1])]))
  }
}

/** `fromEntries` makes members of its own even of names that assignment would treat otherwise. */
const decodeMembers = (entries: readonly (readonly [string, unknown])[]): object =>
  Object.fromEntries(entries.map(([name, member]) => [name, decode(member)]))

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError('not the definition of a collection: a list is missing')
  return value
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isCollection = (value: unknown): value is CollectionSpec =>
  isObject(value) &&
  'name' in value &&
  typeof value.name === 'string' &&
  'fields' in value &&
  value.fields instanceof Map &&
  'texts' in value &&
  Array.isArray(value.texts)
