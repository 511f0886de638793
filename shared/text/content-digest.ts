/**
 * A digest of what a Y.Doc shows, the same for all replicas that have seen the same: by it a replica that has gone wrong
 * finds out (K15). It covers the texts, their formats and their elements, and nothing of how they came about, such as how
 * items are joined, formats that cover nothing, or what was deleted. It guards against accidents, not against forgery.
 */
import * as Y from 'yjs'

/** What all shared types have in common: a list of items, and items by key. */
type SharedType = Pick<Y.AbstractType<unknown>, '_start' | '_map'>

/** @returns a whole number below 2⁵³. Takes some milliseconds for a million characters. */
export function contentDigest(doc: Y.Doc): number {
  const digest = new Digest()
  const names = [...doc.share.keys()].sort()
  for (const name of names) {
    const root = doc.share.get(name)
    if (root === undefined || isBlank(root)) continue
    digest.add(MARKS.root, name)
    addContent(digest, root)
  }
  return digest.value
}

/** What begins here; beyond all UTF-16 units, so that no text can look like one. */
const MARKS = { root: 0x10000, type: 0x10001, end: 0x10002, key: 0x10003, format: 0x10004, value: 0x10005 }

function addContent(digest: Digest, type: SharedType): void {
  for (const key of [...type._map.keys()].sort()) {
    const item = type._map.get(key)
    if (item === undefined || item.deleted) continue
    digest.add(MARKS.key, key)
    addItem(digest, item)
  }
  const formats = new Formats()
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted) continue
    if (item.content instanceof Y.ContentFormat) {
      formats.take(item.content)
      continue
    }
    const changed = formats.changed()
    if (changed !== null) digest.add(MARKS.format, changed)
    addItem(digest, item)
  }
}

/** Pieces of one text may be cut anywhere, so nothing is said between them. */
function addItem(digest: Digest, { content }: Y.Item): void {
  if (content instanceof Y.ContentString) digest.addText(content.str)
  else if (content instanceof Y.ContentType) {
    const { type } = content
    digest.add(MARKS.type, type instanceof Y.XmlElement ? type.nodeName : '')
    addContent(digest, type)
    digest.add(MARKS.end, '')
  } else for (const value of content.getContent()) digest.add(MARKS.value, jsonOf(value))
}

function isBlank(type: SharedType): boolean {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) return false
  return [...type._map.values()].every(({ deleted }) => deleted)
}

/** The formats in force, as one walks along a text. */
class Formats {
  readonly #inForce = new Map<string, string>()
  #told = ''
  #isChanged = false

  take({ key, value }: Y.ContentFormat): void {
    this.#isChanged = true
    if (value === null) this.#inForce.delete(key)
    else this.#inForce.set(key, jsonOf(value))
  }

  /** @returns them all if others are in force than when this was asked last; else null. */
  changed(): string | null {
    if (!this.#isChanged) return null
    this.#isChanged = false
    const now = JSON.stringify([...this.#inForce].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (now === (this.#told || NO_FORMATS)) return null
    this.#told = now
    return now
  }
}

const NO_FORMATS = '[]'

/** Never fails: a value may hold what JSON has no word for. */
const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)) ?? ''

/** Two multiplicative hashes of 32 bits over the same numbers, mixed at the end as MurmurHash3 does. */
class Digest {
  #a = 0xdeadbeef
  #b = 0x41c6ce57

  add(mark: number, text: string): void {
    this.#addUnit(mark)
    this.addText(text)
  }

  addText(text: string): void {
    for (let at = 0; at < text.length; at++) this.#addUnit(text.charCodeAt(at))
  }

  get value(): number {
    const a = mixed(this.#a, this.#b)
    const b = mixed(this.#b, a)
    return (b & 0x1fffff) * 2 ** 32 + (a >>> 0)
  }

  #addUnit(unit: number): void {
    this.#a = Math.imul(this.#a ^ unit, 0x9e3779b1)
    this.#b = Math.imul(this.#b ^ unit, 0x5f356495)
  }
}

function mixed(hash: number, other: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16) ^ other
}
