// Changes as an attacker would make them: any body under a right checksum.
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { DecodedChange } from '@automerge/automerge'
import { encodeChange } from '@automerge/automerge'
import { lebBytes } from '../../../server/gate/byte-reader.ts'
import type { DecodedOp } from '../../../server/gate/known-history.ts'

const MAGIC = [0x85, 0x6f, 0x4a, 0x83]
const BODY_AT = 9

/** A chunk around any body; a deflated one carries the checksum of the uncompressed form. */
export function signed(body: Uint8Array, type: 1 | 2 = 1): Uint8Array {
  const hash = createHash('sha256')
    .update(Uint8Array.from([1, ...lebBytes(body.length)]))
    .update(body)
  const content = type === 1 ? body : deflateRawSync(body)
  return chunk(type, hash.digest().subarray(0, 4), content)
}

/** A chunk of any type, with any checksum. */
export function chunk(type: number, checksum: Uint8Array, content: Uint8Array): Uint8Array {
  const header = Uint8Array.from([...MAGIC, ...checksum, type, ...lebBytes(content.length)])
  return new Uint8Array(Buffer.concat([header, content]))
}

/**
 * A change without dependencies, made of columns. Row counts and values are written as they are given.
 * @param columns specification and bytes, in the order in which they are to stand.
 */
export function columnar(
  actor: string,
  columns: readonly (readonly [spec: number, data: readonly number[]])[],
  others: readonly string[] = [],
): Uint8Array {
  const idBytes = (id: string): number[] => [id.length / 2, ...Buffer.from(id, 'hex')]
  const headers = columns.flatMap(([spec, data]) => [...lebBytes(spec), ...lebBytes(data.length)])
  const place = [0, ...idBytes(actor), 1, 1, 0, 0, others.length, ...others.flatMap(idBytes)]
  return Uint8Array.from([...place, columns.length, ...headers, ...columns.flatMap(([, data]) => data)])
}

/** The body of an uncompressed chunk. */
export function bodyOf(chunk: Uint8Array): Uint8Array {
  let at = BODY_AT
  while ((chunk[at] ?? 0) >= 0x80) at++
  return chunk.slice(at + 1)
}

export type ForgedOp = Omit<DecodedOp, 'pred'> & { readonly pred?: readonly string[] }

/** A change with any operations, as the library encodes it: it checks none of them. */
export function forged(
  ops: readonly ForgedOp[],
  rest: Partial<Omit<DecodedChange, 'ops'>> & { readonly actor: string },
): Uint8Array {
  const encodable = ops.map((op) => ({ pred: [], ...op })) as unknown as DecodedChange['ops']
  return encodeChange({
    seq: 1,
    startOp: 1,
    time: 0,
    message: null,
    author: null,
    deps: [],
    ...rest,
    ops: encodable,
  })
}
