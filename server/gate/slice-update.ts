/**
 * Cuts an update into small ones that can be applied one after the other, with pauses between: Yjs applies an
 * update in one go, and a large one would hold everybody else up. Runs in the gate's threads.
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { visitInCausalOrder } from './causal-order.ts'
import type { DeleteRange, UpdateSection, WireStruct } from './update-decoder.ts'
import { decodeUpdate, endOf } from './update-decoder.ts'
import type { YjsLimits } from './yjs-limits.ts'

/** Few enough that their cuts in a document of 300,000 structs take a few milliseconds. */
const STRUCTS_MAX = 128
const RANGES_MAX = 64

/** Updates of the server's own making are believed. */
const UNLIMITED: YjsLimits = {
  updateBytesMax: Infinity,
  structsMax: Infinity,
  deleteRangesMax: Infinity,
  nameBytesMax: Infinity,
  typeDepthMax: Infinity,
  valueDepthMax: Infinity,
  orderStepsMax: Infinity,
  movedStructsMax: Infinity,
  deletedItemsMax: Infinity,
}

/** The first clocks of a document's structs, by client, in order. */
export type StructStarts = ReadonlyMap<number, readonly number[]>

export const structStartsOf = (doc: Y.Doc): StructStarts =>
  new Map([...doc.store.clients].map(([client, structs]) => [client, structs.map(({ id }) => id.clock)]))

/**
 * @param update what a document of the server's has emitted.
 * @param before the structs of the document that the slices will be applied to.
 * @returns updates that, applied in order, do what the update does.
 * @throws RangeError for an update that no document has emitted.
 */
export function sliceUpdate(update: Uint8Array, before: StructStarts): readonly Uint8Array[] {
  const decoded = decodeUpdate(update, UNLIMITED)
  if (!decoded.ok) throw new RangeError(`byte ${decoded.at}: ${decoded.reason}`)
  const { sections, deletes } = decoded.value
  const order = causalOrder(sections)
  const { structs } = Y.decodeUpdate(update)
  const slices: Uint8Array[] = []
  for (let at = 0; at < order.length; at += STRUCTS_MAX)
    slices.push(encodeStructs(order.slice(at, at + STRUCTS_MAX).map((index) => structs[index] ?? missing())))
  // From the last to the first: what stands in a type is deleted before the type, which then costs one step.
  const ranges = deletes.flatMap((range) => cutAtStructs(range, before.get(range.client) ?? [])).reverse()
  for (let at = 0; at < ranges.length; at += RANGES_MAX)
    slices.push(encodeDeletes(ranges.slice(at, at + RANGES_MAX)))
  return slices
}

/** Indices of the structs, as they are counted over all sections, each after what it builds on. */
function causalOrder(sections: readonly UpdateSection[]): readonly number[] {
  const next = new Map(sections.map(({ client, clock }) => [client, clock]))
  const index = new Map<WireStruct, number>()
  for (const { structs } of sections) for (const struct of structs) index.set(struct, index.size)
  const order: number[] = []
  const lacks = (id: { readonly client: number; readonly clock: number }): boolean =>
    id.clock >= (next.get(id.client) ?? Infinity)
  const refusal = visitInCausalOrder(
    sections,
    ({ origin, rightOrigin, parent }) => {
      for (const id of [origin, rightOrigin, parent])
        if (id !== null && typeof id === 'object' && lacks(id)) return id.client
      return null
    },
    (struct) => {
      next.set(struct.client, endOf(struct))
      order.push(index.get(struct) ?? missing())
      return null
    },
  )
  if (refusal !== null) throw new RangeError(refusal.reason)
  return order
}

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

function encodeStructs(structs: readonly Struct[]): Uint8Array {
  const byClient = new Map<number, Struct[]>()
  for (const struct of structs) {
    const known = byClient.get(struct.id.client)
    if (known === undefined) byClient.set(struct.id.client, [struct])
    else known.push(struct)
  }
  const encoder = new Y.UpdateEncoderV1()
  encoding.writeVarUint(encoder.restEncoder, byClient.size)
  for (const [client, ofClient] of byClient) {
    encoding.writeVarUint(encoder.restEncoder, ofClient.length)
    encoder.writeClient(client)
    encoding.writeVarUint(encoder.restEncoder, ofClient[0]?.id.clock ?? 0)
    for (const struct of ofClient) struct.write(encoder, 0)
  }
  encoding.writeVarUint(encoder.restEncoder, 0)
  return encoder.toUint8Array()
}

/** One update for ranges in any order, of which each client's stand together. */
function encodeDeletes(ranges: readonly DeleteRange[]): Uint8Array {
  const byClient = new Map<number, DeleteRange[]>()
  for (const range of ranges) byClient.set(range.client, [range, ...(byClient.get(range.client) ?? [])])
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint(encoder, byClient.size)
    for (const [client, ofClient] of byClient) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, ofClient.length)
      for (const { clock, length } of ofClient) {
        encoding.writeVarUint(encoder, clock)
        encoding.writeVarUint(encoder, length)
      }
    }
  })
}

/** A range over many structs as several over few each; structs are not cut, so that nothing splits a character. */
function cutAtStructs(range: DeleteRange, starts: readonly number[]): readonly DeleteRange[] {
  if (range.length <= STRUCTS_MAX) return [range]
  const end = endOf(range)
  const parts: DeleteRange[] = []
  let { clock } = range
  for (let index = firstAfter(starts, clock) + STRUCTS_MAX; ; index += STRUCTS_MAX) {
    const bound = Math.min(starts[index] ?? end, end)
    parts.push({ client: range.client, clock, length: bound - clock })
    if (bound === end) return parts
    clock = bound
  }
}

/** Index of the first of ascending numbers that is above a bound. */
function firstAfter(ascending: readonly number[], bound: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) <= bound) low = middle + 1
    else high = middle
  }
  return low
}

function missing(): never {
  throw new RangeError('the two readings of an update differ')
}
