/**
 * Cuts the changes of one message into pieces, so that a week of offline work does not hold everybody else up: each
 * piece is planned and committed by itself, and between two of them others have their turn.
 */
import { readChangeChunk } from '../gate/automerge-chunk.ts'
import type { AutomergeLimits } from '../gate/automerge-limits.ts'

export interface ChangePiece {
  readonly changes: readonly Uint8Array[]
  /** What takes long by itself, and is tried in a thread first (W6): a single large change. */
  readonly isHeavy: boolean
}

/** Planning takes about a millisecond for a change, and a few hundredths for an operation. */
const CHANGES_MAX = 16
const OPS_MAX = 200
const BYTES_MAX = 16 * 1024
/** Reading chunks, after which others have their turn. */
const READ_BYTES_MAX = 64 * 1024

interface Measured {
  readonly bytes: Uint8Array
  readonly hash: string | null
  readonly deps: readonly string[]
  readonly ops: number
}

/** Each change comes after those that it builds on, as far as they are here; otherwise the order stays. */
export async function changePieces(
  changes: readonly Uint8Array[],
  limits: AutomergeLimits,
  pause: () => Promise<void>,
): Promise<readonly ChangePiece[]> {
  const measured: Measured[] = []
  let read = 0
  for (const bytes of changes) {
    measured.push(measure(bytes, limits))
    read += bytes.byteLength + (measured.at(-1)?.ops ?? 0)
    if (read < READ_BYTES_MAX) continue
    read = 0
    await pause()
  }
  return toPieces(inCausalOrder(measured))
}

/** What the gate will refuse is light: its refusal is all that becomes of it. */
function measure(bytes: Uint8Array, limits: AutomergeLimits): Measured {
  const read = readChangeChunk(bytes, limits)
  if (!read.ok) return { bytes, hash: read.hash, deps: [], ops: 0 }
  const { hash, deps, opCount } = read.chunk
  return { bytes, hash, deps, ops: opCount }
}

function inCausalOrder(changes: readonly Measured[]): readonly Measured[] {
  const byHash = new Map(changes.map((change) => [change.hash, change]))
  const entered = new Set<Measured>()
  const ordered = new Set<Measured>()
  for (const first of changes) {
    const stack = [first]
    for (let change = stack.at(-1); change !== undefined; change = stack.at(-1)) {
      if (entered.has(change)) {
        ordered.add(change)
        stack.pop()
        continue
      }
      entered.add(change)
      for (const dep of change.deps) {
        const needed = byHash.get(dep)
        if (needed !== undefined && !entered.has(needed)) stack.push(needed)
      }
    }
  }
  return [...ordered]
}

function toPieces(changes: readonly Measured[]): readonly ChangePiece[] {
  const pieces: ChangePiece[] = []
  let piece: Uint8Array[] = []
  let [ops, bytes] = [0, 0]
  const finish = (): void => {
    if (piece.length > 0) pieces.push({ changes: piece, isHeavy: false })
    piece = []
    ops = 0
    bytes = 0
  }
  for (const change of changes) {
    const size = change.bytes.byteLength
    if (change.ops > OPS_MAX || size > BYTES_MAX) {
      finish()
      pieces.push({ changes: [change.bytes], isHeavy: true })
      continue
    }
    if (piece.length === CHANGES_MAX || ops + change.ops > OPS_MAX || bytes + size > BYTES_MAX) finish()
    piece.push(change.bytes)
    ops += change.ops
    bytes += size
  }
  finish()
  return pieces
}
