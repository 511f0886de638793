// Records as they were before honest changes, and those changes: recorded from automerge-repo, and made by the library.
import * as Automerge from '@automerge/automerge'
import { RecordedHistory } from '../server/gate/recorded-history.ts'
import type { ChangeSurroundings } from './change-mutator.ts'
import { readRecorded } from './recorded-clients.ts'

type Root = Record<string, unknown>

export interface RecordState {
  /** The document as bytes, which every run loads anew. */
  readonly saved: Uint8Array
  readonly history: RecordedHistory
  /** Honest changes that come next; the later ones may build on the ones before. */
  readonly next: readonly Uint8Array[]
  readonly around: ChangeSurroundings
}

const [ADA, BOB, CARL] = ['aa'.repeat(16), 'bb'.repeat(16), 'cc'.repeat(16)] as const
const KEYS = ['n', 'tags', 'nested', 'title', 'count', 'x', 'heartRate', 'diagnosis', 'extra', '_conflicts']
const NEXT_MAX = 4

export const recordStates = (): readonly RecordState[] => [...recordedStates(), ...crowdedStates()]

/** The recorded record, cut before each change that a client made. */
function recordedStates(): RecordState[] {
  const { record } = readRecorded()
  return record.flatMap((change, index) => {
    const isServers = Automerge.decodeChange(change).actor.startsWith(SERVER_ACTOR)
    return isServers ? [] : [stateOf(record.slice(0, index), record.slice(index, index + NEXT_MAX))]
  })
}

const SERVER_ACTOR = Buffer.from('sluice').toString('hex')

function stateOf(changes: readonly Uint8Array[], next: readonly Uint8Array[]): RecordState {
  const [doc] = Automerge.applyChanges(Automerge.init<Root>(), [...changes])
  const decoded = [...changes, ...next].map((change) => Automerge.decodeChange(change))
  return {
    saved: Automerge.save(doc),
    history: RecordedHistory.of(doc),
    next,
    around: {
      actors: [...new Set([...decoded.map(({ actor }) => actor), BOB])],
      counterMax: Math.max(...decoded.map(({ startOp, ops }) => startOp + ops.length)) + 3,
      keys: KEYS,
      hashes: decoded.map(({ hash }) => hash),
    },
  }
}

/** A document with concurrent writes, deletions, counters and texts in it, and edits of all kinds to it. */
function crowdedStates(): RecordState[] {
  const doc = crowdedDocument()
  const changes = Automerge.getAllChanges(doc)
  return EDITS.map((edit) => stateOf(changes, [changeOf(doc, edit)]))
}

const EDITS: readonly ((root: Root) => void)[] = [
  (root) => {
    root.n = 5
    ;(root.tags as string[]).splice(0, 1)
    delete (root.nested as Root).x
  },
  (root) => {
    root.list = [1, { k: 2 }, 's']
    ;(root.count as Automerge.Counter).increment(3)
    ;(root.tags as string[])[1] = 'q'
  },
  (root) => {
    Automerge.splice(root, ['title'], 1, 2, 'hé')
    Automerge.splitBlock(root, ['title'], 2, { type: 'p', parents: [], attrs: {} })
  },
  (root) => {
    root.float = 1.5
    root.when = new Date(5)
    root.more = new Automerge.Counter(2)
    ;(root.more as Automerge.Counter).increment(1)
    root._deleted = true
  },
]

function changeOf(doc: Automerge.Doc<Root>, edit: (root: Root) => void): Uint8Array {
  const options = { time: 1_700_000_000, message: 'm' }
  const edited = Automerge.change(Automerge.clone(doc, { actor: BOB }), options, edit)
  const change = Automerge.getLastLocalChange(edited)
  if (change === undefined) throw new Error('no change')
  return change
}

function crowdedDocument(): Automerge.Doc<Root> {
  let ada: Automerge.Doc<Root> = Automerge.change(Automerge.init<Root>(ADA), { time: 0 }, (root) => {
    root.title = 'hello'
    root.n = 1
    root.tags = ['a', 'b']
    root.nested = { x: { y: [1, 2, 3] } }
    root.count = new Automerge.Counter(3)
    root.bytes = Uint8Array.of(1, 2, 3)
  })
  const carl = Automerge.change(Automerge.clone(ada, { actor: CARL }), { time: 0 }, (root) => {
    root.n = 7
    ;(root.tags as string[])[0] = 'z'
    ;(root.count as Automerge.Counter).increment(1)
    Automerge.splice(root, ['title'], 0, 2, 'WW')
  })
  ada = Automerge.change(ada, { time: 0 }, (root) => {
    root.n = 8
    ;(root.tags as string[])[0] = 'y'
    delete root.bytes
  })
  return Automerge.merge(ada, carl)
}
