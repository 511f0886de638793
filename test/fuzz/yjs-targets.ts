// The gate's ways in for y-websocket clients: frames, state vectors, presence and updates.
import * as Y from 'yjs'
import { defaultAwarenessLimits, encodeAwareness, readAwareness } from '../../server/gate/awareness-gate.ts'
import { defaultYjsLimits, vetUpdate } from '../../server/gate/yjs-gate.ts'
import type { YFrame } from '../../shared/wire/y-protocol.ts'
import {
  defaultStateVectorLimits,
  readFrame,
  readStateVector,
  writeAwareness,
  writePermissionDenied,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdate,
} from '../../shared/wire/y-protocol.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { mutateBytes } from './byte-mutator.ts'
import type { GateTarget, Ran } from './gate-target.ts'
import { outcomeOf } from './gate-target.ts'
import { yjsView } from './reader-view.ts'
import { readRecorded } from './recorded-clients.ts'
import { bytesOf, stated, stateOf } from './stated-input.ts'
import { mutateUpdate } from './update-mutator.ts'
import type { TextState } from './yjs-corpus.ts'
import { docOf, textStates, VICTIM } from './yjs-corpus.ts'

const ROOTS: ReadonlySet<string> = new Set(['notes', 'body'])
const rules = {
  roots: ROOTS,
  mayWriteAs: (client: number) => client !== VICTIM,
  limits: defaultYjsLimits,
}

export function updateTarget(): GateTarget {
  const states = textStates()
  const merged = states.map(({ history }) => Y.encodeStateAsUpdate(docOf(1, history)))
  const docs = new Map<number, Y.Doc>()
  const docAt = (at: number): Y.Doc => {
    const doc = docs.get(at) ?? docOf(1, [merged[at] ?? new Uint8Array()])
    docs.set(at, doc)
    return doc
  }
  return {
    name: 'yjs-update',
    batch: 64,
    seeds: states.map(({ next }, at) => stated(at, next)),
    mutate: (input, other, random) => {
      const state = random.chance(0.1) ? random.int(0, states.length - 1) : stateOf(input, states.length)
      return stated(state, mutateUpdate(bytesOf(input), bytesOf(other), random))
    },
    run(input) {
      const at = stateOf(input, states.length)
      const state = states[at]
      const doc = docAt(at)
      const verdict = vetUpdate(doc, bytesOf(input), rules)
      if (!verdict.ok) return { outcome: `${verdict.kind}: ${outcomeOf(verdict.reason)}` }
      if (state === undefined) return { outcome: 'no state' }
      if (verdict.empty) return letInEmpty(doc, bytesOf(input))
      docs.delete(at)
      return letIn(state, doc, bytesOf(input))
    },
  }
}

/** An update that has passed as one that says nothing new. */
function letInEmpty(doc: Y.Doc, update: Uint8Array): Ran {
  const told: Uint8Array[] = []
  const tell = (bytes: Uint8Array): void => void told.push(bytes)
  doc.on('update', tell)
  Y.applyUpdate(doc, update)
  doc.off('update', tell)
  if (told.length > 0) throw new Error('empty, and changes the document')
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new Error('pending structs')
  return { outcome: 'accepted, empty' }
}

/** What the planner does with an update that has passed, and what must be true then. */
function letIn({ history }: TextState, doc: Y.Doc, update: Uint8Array): Ran {
  const journaled: Uint8Array[] = []
  doc.on('update', (bytes: Uint8Array) => journaled.push(bytes))
  Y.applyUpdate(doc, update)
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new Error('pending structs')
  const seen = yjsView(doc)
  const bytes = Y.encodeStateAsUpdate(doc)
  // One that keeps what is deleted must agree, too.
  if (yjsView(docOf(3, [...history, ...journaled], false)) !== seen) throw new Error('a replay differs')
  doc.getText('notes').insert(0, 'still editable')
  doc.destroy()
  return { outcome: 'accepted', saved: { kind: 'yjs', bytes, seen } }
}

export function frameTarget(): GateTarget {
  const recorded = readRecorded().yjs.flat()
  const last = textStates().at(-1)
  const doc = docOf(1, last?.history ?? [])
  return {
    name: 'y-frame',
    batch: 512,
    seeds: [...recorded, writePermissionDenied('no'), Uint8Array.of(3)],
    mutate: (input, other, random) =>
      random.chance(0.4) ? mutateBytes(input, other, random) : mutateFrame(input, other, random),
    run(input) {
      const read = readFrame(input)
      if (!read.ok) return { outcome: outcomeOf(read.reason) }
      return { outcome: `accepted ${read.frame.type} ${outcomeOf(handled(read.frame, doc))}` }
    },
  }
}

/** A frame of the same type, with something else in it. */
export function mutateFrame(input: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  const read = readFrame(input)
  if (!read.ok) return mutateBytes(input, other, random)
  const { frame } = read
  const mutated = (bytes: Uint8Array): Uint8Array => mutateBytes(bytes, other, random)
  switch (frame.type) {
    case 'sync-step-1':
      return writeSyncStep1(mutated(frame.stateVector))
    case 'sync-step-2':
      return writeSyncStep2(mutateUpdate(frame.update, other, random))
    case 'update':
      return writeUpdate(mutateUpdate(frame.update, other, random))
    case 'awareness':
      return writeAwareness(mutated(frame.payload))
    default:
      return mutated(input)
  }
}

/** What the door does with a frame, as far as it needs no room. */
function handled(frame: YFrame, doc: Y.Doc): string {
  switch (frame.type) {
    case 'sync-step-1': {
      const read = readStateVector(frame.stateVector, defaultStateVectorLimits)
      if (read.ok) Y.encodeStateAsUpdate(doc, frame.stateVector)
      return read.ok ? 'answered' : read.reason
    }
    case 'awareness': {
      const read = readAwareness(frame.payload, defaultAwarenessLimits)
      if (!read.ok) return read.reason
      const again = readAwareness(encodeAwareness(read.entries), defaultAwarenessLimits)
      if (!again.ok || JSON.stringify(again.entries) !== JSON.stringify(read.entries))
        throw new Error('presence is told otherwise than it was heard')
      return 'announced'
    }
    case 'update':
    case 'sync-step-2': {
      const verdict = vetUpdate(doc, frame.update, rules)
      return verdict.ok ? 'passes' : `${verdict.kind}: ${verdict.reason}`
    }
    default:
      return ''
  }
}
