// Changes that are nearly honest: one was taken, and bytes of it, or operations, were altered.

import type { DecodedChange } from '@automerge/automerge'
import { decodeChange, encodeChange } from '@automerge/automerge'
import fc from 'fast-check'
import type { LooseChange, LooseOp } from './loose-change.ts'
import { bodyOf, signed } from './signed-chunk.ts'

const AWKWARD = [[0], [1], [2], [126], [127], [128, 1], [255, 255, 3], [255, 255, 255, 255, 15]]

type ByteEdit = (bytes: Uint8Array) => Uint8Array

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const at = (bytes: Uint8Array, where: number): number => Math.floor(where * bytes.length)

const splice = (bytes: Uint8Array, from: number, count: number, insert: readonly number[]): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, from), ...insert, ...bytes.subarray(from + count)])

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  fc.tuple(position, fc.nat(7)).map(
    ([where, bit]): ByteEdit =>
      (bytes) => {
        const index = at(bytes, where)
        return bytes.with(index, (bytes[index] ?? 0) ^ (1 << bit))
      },
  ),
  fc.tuple(position, fc.nat(255)).map(
    ([where, byte]): ByteEdit =>
      (bytes) =>
        bytes.with(at(bytes, where), byte),
  ),
  fc.tuple(position, fc.constantFrom(...AWKWARD)).map(
    ([where, integer]): ByteEdit =>
      (bytes) =>
        splice(bytes, at(bytes, where), 1, integer),
  ),
  fc.tuple(position, fc.nat(5)).map(
    ([where, count]): ByteEdit =>
      (bytes) =>
        splice(bytes, at(bytes, where), count, []),
  ),
  fc.tuple(position, position).map(
    ([one, other]): ByteEdit =>
      (bytes) => {
        const [a, b] = [at(bytes, one), at(bytes, other)]
        return bytes.with(a, bytes[b] ?? 0).with(b, bytes[a] ?? 0)
      },
  ),
)

/** Bytes of the body altered, under a right checksum. */
export const byteMutant = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...seeds), fc.array(byteEdit, { minLength: 1, maxLength: 3 }))
    .map(([seed, edits]) => signed(edits.reduce((bytes, edit) => edit(bytes), bodyOf(seed))))

type OpEdit = (change: LooseChange, op: LooseOp) => void

const VALUES: readonly Pick<LooseOp, 'value' | 'datatype'>[] = [
  { value: 's' },
  { value: true },
  { value: null },
  { value: 1, datatype: 'int' },
  { value: 1, datatype: 'counter' },
  { value: 1.5, datatype: 'float64' },
]

const setAction: fc.Arbitrary<OpEdit> = fc
  .tuple(fc.constantFrom('set', 'del', 'inc', 'makeMap', 'makeList', 'makeText'), fc.constantFrom(...VALUES))
  .map(([action, value]) => (_change, op) => {
    op.action = action
    delete op.value
    delete op.datatype
    if (action === 'set') Object.assign(op, value)
    if (action === 'inc') op.value = 3
  })

/** @param actors and `opsMax`: of which operations' ids are made. */
function opEdit(
  actors: readonly string[],
  opsMax: number,
  keys: readonly string[],
  hashes: readonly string[],
) {
  const id = fc
    .tuple(fc.integer({ min: 1, max: opsMax }), fc.constantFrom(...actors))
    .map((parts) => parts.join('@'))
  const edit = <T>(value: fc.Arbitrary<T>, apply: (change: LooseChange, op: LooseOp, value: T) => void) =>
    value.map(
      (drawn): OpEdit =>
        (change, op) =>
          apply(change, op, drawn),
    )
  return fc.oneof(
    setAction,
    edit(fc.oneof(id, fc.constant('_root')), (_change, op, obj) => {
      op.obj = obj
    }),
    edit(fc.constantFrom(...keys), (_change, op, key) => {
      if (op.key !== undefined) op.key = key
    }),
    edit(fc.oneof(id, fc.constant('_head')), (_change, op, elemId) => {
      if (op.elemId !== undefined) op.elemId = elemId
    }),
    edit(fc.uniqueArray(id, { maxLength: 2 }), (_change, op, pred) => {
      op.pred = pred
    }),
    edit(id, (_change, op, pred) => {
      op.pred = [...new Set([...op.pred, pred])]
    }),
    edit(fc.constant(null), (_change, op) => {
      if (op.elemId !== undefined) op.insert = op.insert !== true
    }),
    edit(fc.integer({ min: -2, max: 2 }), (change, _op, step) => {
      change.startOp = Math.max(1, change.startOp + step)
    }),
    edit(fc.constant(null), (change, op) => {
      change.ops.splice(change.ops.indexOf(op), 1)
    }),
    edit(fc.constant(null), (change, op) => {
      change.ops.splice(change.ops.indexOf(op), 0, structuredClone(op))
    }),
    edit(fc.uniqueArray(fc.constantFrom(...hashes), { maxLength: 2 }), (change, _op, deps) => {
      change.deps = deps.sort()
    }),
  )
}

export interface Surroundings {
  readonly actors: readonly string[]
  readonly opsMax: number
  readonly keys: readonly string[]
  readonly hashes: readonly string[]
}

/** Operations altered and encoded by the library, so that they are well-formed and only mean something else. */
export function operationMutant(
  seeds: readonly Uint8Array[],
  around: Surroundings,
): fc.Arbitrary<Uint8Array | null> {
  const altered = fc.tuple(position, opEdit(around.actors, around.opsMax, around.keys, around.hashes))
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(altered, { minLength: 1, maxLength: 2 }))
    .map(([seed, edits]) => {
      const change = decodeChange(seed) as unknown as LooseChange
      for (const [where, apply] of edits) {
        const op = change.ops[Math.floor(where * change.ops.length)]
        if (op !== undefined) apply(change, op)
      }
      return encodable(change)
    })
}

/** The library cannot encode everything that it decodes. */
function encodable(change: LooseChange): Uint8Array | null {
  try {
    return encodeChange(change as unknown as DecodedChange)
  } catch {
    return null
  }
}
