/** A batch of writes as one line of a file: a checksum, a space, and the writes as JSON. */
import { createHash } from 'node:crypto'
import type { EntryKind, StoreWrite } from './client-store.ts'
import { ENTRY_KINDS } from './client-store.ts'

/** Bytes travel as base64, under a letter of their own, so that no JSON value can be taken for them. */
type Packed =
  | readonly ['json', EntryKind, string, unknown]
  | readonly ['bytes', EntryKind, string, string]
  | readonly ['delete', EntryKind, string]

export function encodeBatch(writes: readonly StoreWrite[]): string {
  const text = JSON.stringify(writes.map(pack))
  return `${checksum(text)} ${text}\n`
}

export interface DecodedLog {
  readonly batches: readonly (readonly StoreWrite[])[]
  /** Whether bytes were left over at the end: a line that was being written when the app or the power went. */
  readonly isTorn: boolean
}

/** @throws RangeError for damage anywhere but at the end, which no crash explains. */
export function decodeLog(text: string): DecodedLog {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  const batches: (readonly StoreWrite[])[] = []
  for (const [at, line] of lines.entries()) {
    const batch = decodeLine(line)
    if (batch !== null) batches.push(batch)
    else if (at === lines.length - 1 && last === '') return { batches, isTorn: true }
    else throw new RangeError(`line ${at + 1} is damaged`)
  }
  return { batches, isTorn: last !== '' }
}

function decodeLine(line: string): readonly StoreWrite[] | null {
  const [sum, text] = [line.slice(0, CHECKSUM_LENGTH), line.slice(CHECKSUM_LENGTH + 1)]
  if (checksum(text) !== sum) return null
  // The checksum is this program's own, so what it covers is believed.
  return (JSON.parse(text) as readonly Packed[]).map(unpack)
}

function pack(write: StoreWrite): Packed {
  const { kind, key } = write
  if (write.type === 'delete') return ['delete', kind, key]
  return write.value instanceof Uint8Array
    ? ['bytes', kind, key, Buffer.from(write.value).toString('base64')]
    : ['json', kind, key, write.value]
}

function unpack(packed: Packed): StoreWrite {
  const [type, kind, key] = packed
  if (!ENTRY_KINDS.includes(kind)) throw new RangeError(`there is no kind "${kind}"`)
  switch (type) {
    case 'delete':
      return { type: 'delete', kind, key }
    case 'bytes':
      return { type: 'put', kind, key, value: new Uint8Array(Buffer.from(packed[3], 'base64')) }
    case 'json':
      return { type: 'put', kind, key, value: packed[3] as Extract<StoreWrite, { type: 'put' }>['value'] }
  }
}

const CHECKSUM_LENGTH = 16

const checksum = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, CHECKSUM_LENGTH)
