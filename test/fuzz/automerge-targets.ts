// The gate's ways in for Automerge: single changes, batches of them, and the first change that names a record.
import * as Automerge from '@automerge/automerge'
import type { VettedChange } from '../../server/gate/automerge-gate.ts'
import { defaultAutomergeLimits, vetBatch, vetChange } from '../../server/gate/automerge-gate.ts'
import { readNaming } from '../../server/gate/read-naming.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import type { RecordState } from './automerge-corpus.ts'
import { recordStates } from './automerge-corpus.ts'
import { mutateBytes } from './byte-mutator.ts'
import { mutateChange } from './change-mutator.ts'
import type { GateTarget, Ran } from './gate-target.ts'
import { outcomeOf } from './gate-target.ts'
import { automergeView } from './reader-view.ts'
import { readRecorded } from './recorded-clients.ts'
import { bytesOf, stated, stateOf } from './stated-input.ts'

type Root = Record<string, unknown>

const stateIn = (states: readonly RecordState[], input: Uint8Array): RecordState => {
  const state = states[stateOf(input, states.length)]
  if (state === undefined) throw new RangeError('no state')
  return state
}

export function changeTarget(): GateTarget {
  const states = recordStates()
  return {
    name: 'automerge-change',
    batch: 64,
    seeds: states.flatMap(({ next }, at) => next.slice(0, 1).map((change) => stated(at, change))),
    mutate: (input, other, random) => {
      const at = random.chance(0.1) ? random.int(0, states.length - 1) : stateOf(input, states.length)
      const { around } = stateIn(states, input)
      return stated(at, mutateChange(bytesOf(input), bytesOf(other), around, random))
    },
    run(input) {
      const state = stateIn(states, input)
      const verdict = vetChange(bytesOf(input), state.history, defaultAutomergeLimits)
      if (!verdict.ok) return { outcome: `${verdict.kind}: ${outcomeOf(verdict.reason)}` }
      return letIn(state, [verdict.change])
    },
  }
}

/** Applies what has passed as the planner does, and does all that must still work then. */
function letIn({ saved, history }: RecordState, changes: readonly VettedChange[]): Ran {
  let doc = Automerge.load<Root>(saved)
  for (const { bytes, hash } of changes) {
    ;[doc] = Automerge.applyChanges(doc, [bytes])
    if (Automerge.inspectChange(doc, hash)?.hash !== hash)
      throw new Error('the change is not in the document')
  }
  const seen = automergeView(doc)
  const bytes = Automerge.save(doc)
  const later = Automerge.change(doc, (root) => {
    root.honest = 1
  })
  Automerge.free(later)
  const lastOp = Math.max(...changes.map(({ decoded }) => decoded.startOp + decoded.ops.length - 1))
  if (lastOp > Math.max(defaultAutomergeLimits.lastOpMax, history.lastOp()))
    throw new Error('too many operations')
  const actions = new Set(changes.flatMap(({ decoded }) => decoded.ops.map(({ action }) => action)))
  return {
    outcome: `accepted ${[...actions].sort().join(' ')}`,
    saved: { kind: 'automerge', bytes, seen },
  }
}

/** Each change with two bytes of length before it. */
const packed = (changes: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      changes.flatMap((change) => [Uint8Array.of(change.length >> 8, change.length & 255), change]),
    ),
  )

function unpacked(bytes: Uint8Array): Uint8Array[] {
  const changes: Uint8Array[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    changes.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return changes
}

export function batchTarget(): GateTarget {
  const states = recordStates()
  return {
    name: 'automerge-batch',
    batch: 16,
    seeds: states.map(({ next }, at) => stated(at, packed(next))),
    mutate(input, other, random) {
      const { around } = stateIn(states, input)
      const changes = unpacked(bytesOf(input))
      for (let faults = random.int(1, 2); faults > 0; faults--)
        spoilBatch(changes, unpacked(bytesOf(other)), around, random)
      return stated(stateOf(input, states.length), packed(changes.slice(0, BATCH_MAX)))
    },
    run(input) {
      const state = stateIn(states, input)
      const changes = unpacked(bytesOf(input))
      const { accepted, refused, orphans } = vetBatch(changes, state.history, defaultAutomergeLimits)
      const outcome = `${refused.map(({ reason }) => outcomeOf(reason))[0] ?? ''} orphans: ${orphans.length > 0}`
      if (accepted.length === 0) return { outcome: `none ${outcome}` }
      return { ...letIn(state, accepted), outcome: `accepted ${accepted.length} ${outcome}` }
    },
  }
}

const BATCH_MAX = 12

function spoilBatch(
  changes: Uint8Array[],
  others: readonly Uint8Array[],
  around: RecordState['around'],
  random: SeededRandom,
): void {
  if (changes.length === 0) return void changes.push(...others)
  const at = random.int(0, changes.length - 1)
  const change = changes[at] ?? new Uint8Array()
  const other = others.length === 0 ? change : random.pick(others)
  switch (random.int(0, 5)) {
    case 0:
      changes.splice(at, 1)
      return
    case 1:
      changes.push(change)
      return
    case 2:
      changes.splice(at, 0, other)
      return
    case 3:
      changes.reverse()
      return
    default:
      changes[at] = mutateChange(change, other, around, random)
  }
}

export function namingTarget(): GateTarget {
  const { record } = readRecorded()
  const around = {
    actors: ['aa'.repeat(16)],
    counterMax: 4,
    keys: ['_collection', '_id', 'x'],
    hashes: ['00'],
  }
  return {
    name: 'naming',
    batch: 512,
    seeds: record.slice(0, 4),
    mutate: (input, other, random) =>
      random.chance(0.5) ? mutateChange(input, other, around, random) : mutateBytes(input, other, random),
    run: (input) => {
      const named = readNaming(input)
      return { outcome: named === null ? 'no name' : 'accepted' }
    },
  }
}
