// Spoils bytes that nobody understands: bits, integers that are off by little or much, pieces cut and doubled.
import type { SeededRandom } from '../support/seeded-random.ts'

/** Integers of variable length that announce nothing, little, or far too much. */
const AWKWARD: readonly (readonly number[])[] = [
  [0],
  [1],
  [2],
  [126],
  [127],
  [128, 1],
  [128, 0],
  [255, 255, 3],
  [255, 255, 255, 127],
  [255, 255, 255, 255, 7],
  [255, 255, 255, 255, 15],
  [255, 255, 255, 255, 255, 255, 255, 15],
  [128, 128, 128, 128, 128, 128, 128, 128, 128, 1],
]
const PIECE_MAX = 64
const GROWN_MAX = 64 * 1024

/** One to four faults. `other` is another input, of which pieces are taken. */
export function mutateBytes(input: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = input
  for (let faults = random.pick([1, 1, 1, 2, 2, 4]); faults > 0; faults--) bytes = spoil(bytes, other, random)
  return bytes.length > GROWN_MAX ? bytes.subarray(0, GROWN_MAX) : bytes
}

function spoil(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length === 0) return randomBytes(random)
  const at = random.int(0, bytes.length - 1)
  const here = bytes[at] ?? 0
  switch (random.int(0, 13)) {
    case 0:
      return splice(bytes, at, 1, random.pick(AWKWARD))
    case 1:
      return splice(bytes, at, 0, random.pick(AWKWARD))
    case 2:
      return splice(bytes, at, random.int(1, PIECE_MAX), [])
    case 3:
      return splice(bytes, at, 0, bytes.subarray(at, at + random.int(1, PIECE_MAX)))
    case 4:
      return splice(bytes, at, random.int(0, PIECE_MAX), pieceOf(other, random))
    case 5:
      return bytes.slice(0, at)
    case 6:
      return bytes.with(at, random.int(0, 255))
    case 7:
    case 8:
      return bytes.with(at, here ^ (1 << random.int(0, 7)))
    case 9: {
      const elsewhere = random.int(0, bytes.length - 1)
      return bytes.with(at, bytes[elsewhere] ?? 0).with(elsewhere, here)
    }
    case 10:
      return random.chance(0.05) ? randomBytes(random) : bytes.with(at, 255 - here)
    default:
      // Numbers that are off by little: the mutants that come closest to honesty.
      return bytes.with(at, (here + random.int(-4, 4)) & 255)
  }
}

const pieceOf = (bytes: Uint8Array, random: SeededRandom): Uint8Array => {
  const from = random.int(0, bytes.length)
  return bytes.subarray(from, from + random.int(1, PIECE_MAX))
}

export const randomBytes = (random: SeededRandom): Uint8Array =>
  Uint8Array.from({ length: random.int(0, 200) }, () => random.int(0, 255))

function splice(bytes: Uint8Array, at: number, removed: number, added: ArrayLike<number>): Uint8Array {
  const behind = bytes.subarray(Math.min(bytes.length, at + removed))
  const result = new Uint8Array(at + added.length + behind.length)
  result.set(bytes.subarray(0, at))
  result.set(added, at)
  result.set(behind, at + added.length)
  return result
}
