// Spoils Automerge changes behind their checksum: bytes of the body, or operations that the library writes anew.

import type { DecodedChange } from '@automerge/automerge'
import { decodeChange, encodeChange } from '@automerge/automerge'
import type { LooseChange, LooseOp } from '../server/gate/loose-change.ts'
import { bodyOf, signed } from '../server/gate/signed-chunk.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { mutateBytes } from './byte-mutator.ts'

/** What the ids and hashes of a mutant are taken from. */
export interface ChangeSurroundings {
  readonly actors: readonly string[]
  readonly counterMax: number
  readonly keys: readonly string[]
  readonly hashes: readonly string[]
}

const ACTIONS = ['set', 'del', 'inc', 'makeMap', 'makeList', 'makeText']
const VALUES: readonly Pick<LooseOp, 'value' | 'datatype'>[] = [
  { value: 's' },
  { value: true },
  { value: null },
  { value: 1, datatype: 'int' },
  { value: 1, datatype: 'counter' },
  { value: 1.5, datatype: 'float64' },
  { value: 8e15, datatype: 'timestamp' },
]

export function mutateChange(
  change: Uint8Array,
  other: Uint8Array,
  around: ChangeSurroundings,
  random: SeededRandom,
): Uint8Array {
  if (change.length < 12 || random.chance(0.1)) return mutateBytes(change, other, random)
  const operations = random.chance(0.5) ? mutateOperations(change, around, random) : null
  if (operations !== null) return operations
  return signed(mutateBytes(bodyOf(change), bodyOf(other), random), random.chance(0.1) ? 2 : 1)
}

/** Null if the library cannot decode the change, or encode what has become of it. */
function mutateOperations(
  bytes: Uint8Array,
  around: ChangeSurroundings,
  random: SeededRandom,
): Uint8Array | null {
  try {
    const change = decodeChange(bytes) as unknown as LooseChange
    for (let faults = random.pick([1, 1, 2]); faults > 0; faults--) spoil(change, around, random)
    return encodeChange(change as unknown as DecodedChange)
  } catch {
    return null
  }
}

function spoil(change: LooseChange, around: ChangeSurroundings, random: SeededRandom): void {
  const id = (): string => `${random.int(1, around.counterMax)}@${random.pick(around.actors)}`
  switch (random.int(0, 6)) {
    case 0:
      change.startOp = Math.max(1, change.startOp + random.int(-2, 2))
      return
    case 1:
      change.deps = [...new Set([random.pick(around.hashes), random.pick(around.hashes)])].sort()
      return
    case 2:
      change.seq = Math.max(1, change.seq + random.int(-1, 1))
      return
    case 3:
      change.actor = random.pick(around.actors)
      return
    default:
      if (change.ops.length > 0) spoilOp(change, random.int(0, change.ops.length - 1), around, id, random)
  }
}

function spoilOp(
  change: LooseChange,
  at: number,
  around: ChangeSurroundings,
  id: () => string,
  random: SeededRandom,
): void {
  const op = change.ops[at]
  if (op === undefined) return
  switch (random.int(0, 7)) {
    case 0:
      op.action = random.pick(ACTIONS)
      delete op.value
      delete op.datatype
      if (op.action === 'set') Object.assign(op, random.pick(VALUES))
      if (op.action === 'inc') op.value = 3
      return
    case 1:
      op.obj = random.chance(0.2) ? '_root' : id()
      return
    case 2:
      if (op.key !== undefined) op.key = random.pick(around.keys)
      else op.elemId = random.chance(0.2) ? '_head' : id()
      return
    case 3:
      op.pred = random.chance(0.5) ? [id()] : [...new Set([...op.pred, id()])]
      return
    case 4:
      if (op.elemId !== undefined) op.insert = op.insert !== true
      return
    case 5:
      change.ops.splice(at, 1)
      return
    case 6:
      change.ops.splice(at, 0, structuredClone(op))
      return
    default:
      op.pred = []
  }
}
