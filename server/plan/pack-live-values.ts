/** `LiveValues`, and what was overwritten of them, as rows, for a snapshot. */
import { LayeredMap } from './layered-map.ts'
import type { LiveObject, LiveOp } from './live-values.ts'
import { LiveValues } from './live-values.ts'
import type { OverwrittenValue } from './overwritten-values.ts'

type PackedOp = readonly [
  counter: number,
  actor: string,
  action: string,
  datatype: string | null,
  value: unknown,
  added: number,
]

export type PackedObject = readonly [
  id: string,
  kind: LiveObject['kind'],
  place: readonly [parent: string, key: string] | null,
  isWritten: boolean,
  slots: readonly (readonly [key: string, ops: readonly PackedOp[]])[],
]

export const packLive = ({ objects }: LiveValues): PackedObject[] =>
  [...objects].map(([id, { kind, place, isWritten, slots }]) => [
    id,
    kind,
    place === null ? null : [place.parent, place.key],
    isWritten,
    [...slots].map(([key, ops]) => [key, ops.map(packOp)]),
  ])

export const unpackLive = (packed: readonly PackedObject[]): LiveValues =>
  new LiveValues(
    LayeredMap.of(
      packed.map(([id, kind, place, isWritten, slots]) => [
        id,
        {
          kind,
          place: place === null ? null : { parent: place[0], key: place[1] },
          isWritten,
          slots: LayeredMap.of(slots.map(([key, ops]) => [key, ops.map(unpackOp)])),
        },
      ]),
    ),
  )

export type PackedOverwritten = readonly [obj: string, key: string, op: PackedOp]

export const packOverwritten = ({ obj, key, op }: OverwrittenValue): PackedOverwritten => [
  obj,
  key,
  packOp(op),
]

export const unpackOverwritten = ([obj, key, op]: PackedOverwritten): OverwrittenValue => ({
  obj,
  key,
  op: unpackOp(op),
})

const packOp = ({ counter, actor, action, datatype, value, added }: LiveOp): PackedOp => [
  counter,
  actor,
  action,
  datatype,
  value,
  added,
]

const unpackOp = ([counter, actor, action, datatype, value, added]: PackedOp): LiveOp => ({
  counter,
  actor,
  action,
  datatype,
  value,
  added,
})
