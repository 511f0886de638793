/**
 * A trial of Automerge changes on a copy of their document (W6), in a thread that may be killed: they are decoded
 * and applied as the planner will do it, and what that costs, or whether it ever ends, is found out here.
 */
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import { readChangeChunk } from '../gate/automerge-chunk.ts'
import type { AutomergeLimits } from '../gate/automerge-limits.ts'
import { documentIn } from './record-snapshot.ts'

export interface ChangeTrial {
  readonly kind: 'changes'
  /** Of the record, and the changes behind it; null if there is none yet. */
  readonly snapshot: Uint8Array | null
  readonly stored: readonly Uint8Array[]
  readonly changes: readonly Uint8Array[]
  readonly limits: AutomergeLimits
}

export interface TriedChanges {
  readonly kind: 'changes'
  /** What the library makes of each that the gate can read: the planner need not have it done again. */
  readonly decoded: readonly DecodedChange[]
}

/** What the gate refuses is passed over: that is its verdict, and it is cheap. */
export function tryChanges({ snapshot, stored, changes, limits }: ChangeTrial): TriedChanges {
  const start = snapshot === null ? Automerge.init() : Automerge.load(documentIn(snapshot))
  let [doc] = Automerge.applyChanges(start, [...stored])
  const decoded: DecodedChange[] = []
  try {
    for (const bytes of changes) {
      const read = readChangeChunk(bytes, limits)
      if (!read.ok) continue
      decoded.push(Automerge.decodeChange(read.chunk.bytes))
      const [next] = Automerge.applyChanges(doc, [read.chunk.bytes])
      doc = next
    }
    return { kind: 'changes', decoded }
  } finally {
    Automerge.free(doc)
  }
}
