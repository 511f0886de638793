// The automerge-repo door's two readers: CBOR messages, and the sync messages within them.
import * as Automerge from '@automerge/automerge'
import { Decoder, Encoder } from 'cbor-x'
import { defaultAutomergeLimits, vetBatch } from '../../server/gate/automerge-gate.ts'
import type { SyncMessage } from '../../server/gate/sync-message.ts'
import { defaultSyncLimits, readSyncMessage } from '../../server/gate/sync-message.ts'
import { RecordDocument } from '../../server/plan/record-document.ts'
import { decodeMessage } from '../../server/protocols/automerge-messages.ts'
import { PeerSync } from '../../server/protocols/peer-sync.ts'
import { CausalGraph } from '../../shared/causality/causal-graph.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { recordStates } from './automerge-corpus.ts'
import { mutateBytes } from './byte-mutator.ts'
import { mutateChange } from './change-mutator.ts'
import type { GateTarget } from './gate-target.ts'
import { outcomeOf } from './gate-target.ts'
import { readRecorded } from './recorded-clients.ts'
import { mutateValue } from './value-mutator.ts'

const encoder = new Encoder({ tagUint8Array: false, useRecords: false })
const decoder = new Decoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

export const repoFrames = (): readonly Uint8Array[] => readRecorded().automerge.flat()

export function cborTarget(): GateTarget {
  return {
    name: 'automerge-frame',
    batch: 512,
    seeds: repoFrames(),
    mutate: (input, other, random) =>
      random.chance(0.5) ? mutateBytes(input, other, random) : (mutateCbor(input, random) ?? input),
    run(input) {
      try {
        const message = decodeMessage(input)
        return { outcome: `accepted ${message.type}` }
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error
        return { outcome: outcomeOf(error.message) }
      }
    },
  }
}

/** A well-formed message that says something else; null if this is none. */
export function mutateCbor(frame: Uint8Array, random: SeededRandom): Uint8Array | null {
  try {
    return new Uint8Array(encoder.encode(mutateValue(decoder.decode(frame), random, true)))
  } catch {
    return null
  }
}

const syncData = (frame: Uint8Array): readonly Uint8Array[] => {
  const message = decodeMessage(frame)
  return message.type === 'sync' || message.type === 'request' ? [message.data] : []
}

export function syncTarget(): GateTarget {
  const states = recordStates()
  const last = states.find(({ next }) => next.length === 1) ?? states[0]
  if (last === undefined) throw new Error('no recorded record')
  const known = knownOf(last.saved)
  const seeds = [...repoFrames().flatMap(syncData), ...madeMessages(last.saved)]
  return {
    name: 'sync-message',
    batch: 64,
    seeds,
    mutate: (input, other, random) =>
      random.chance(0.5) ? mutateBytes(input, other, random) : mutateSync(input, other, last.around, random),
    run(input) {
      const read = readSyncMessage(input, defaultSyncLimits)
      if (!read.ok) return { outcome: outcomeOf(read.reason) }
      const { changes } = read.message
      const { refused, accepted } = vetBatch(changes, last.history, defaultAutomergeLimits)
      converse(known, read.message)
      const reason = refused[0]?.reason ?? ''
      return { outcome: `accepted ${accepted.length > 0} ${outcomeOf(reason)}` }
    },
  }
}

interface Known {
  readonly doc: RecordDocument
  readonly graph: CausalGraph
}

function knownOf(saved: Uint8Array): Known {
  const graph = new CausalGraph()
  for (const bytes of Automerge.getAllChanges(Automerge.load(saved))) {
    const change = Automerge.decodeChange(bytes)
    graph.add({ ...change, opCount: change.ops.length })
  }
  return { doc: RecordDocument.load(saved), graph }
}

/** Whatever a peer says, he is answered, and with what the library can read. */
function converse(known: Known, message: SyncMessage): void {
  const peer = new PeerSync()
  const brought = { isTaken: true, missing: [], refused: new Set<string>() }
  for (let round = 0; round < 2; round++) {
    peer.take([message])
    const answer = peer.answer(known, brought)
    if (answer !== null) Automerge.decodeSyncMessage(answer)
    if (peer.answer(known, brought) !== null) throw new Error('it says the same again')
  }
}

/** What a replica that lacks the newest changes, and one that has more, say to each other. */
function madeMessages(saved: Uint8Array): Uint8Array[] {
  const doc = Automerge.load<Record<string, unknown>>(saved)
  const ahead = Automerge.change(Automerge.clone(doc, { actor: 'dd'.repeat(16) }), (root) => {
    root.n = 6
  })
  const messages: Uint8Array[] = []
  let [mine, yours] = [Automerge.initSyncState(), Automerge.initSyncState()]
  let [here, there] = [doc, ahead]
  for (let round = 0; round < 4; round++) {
    const [sent, request] = Automerge.generateSyncMessage(here, mine)
    mine = sent
    if (request !== null) [there, yours] = Automerge.receiveSyncMessage(there, yours, request)
    const [answered, answer] = Automerge.generateSyncMessage(there, yours)
    yours = answered
    if (answer !== null) [here, mine] = Automerge.receiveSyncMessage(here, mine, answer)
    for (const message of [request, answer]) if (message !== null) messages.push(new Uint8Array(message))
  }
  return messages
}

export function mutateSync(
  input: Uint8Array,
  other: Uint8Array,
  around: Parameters<typeof mutateChange>[2],
  random: SeededRandom,
): Uint8Array {
  try {
    const message = Automerge.decodeSyncMessage(input)
    const at = random.int(0, Math.max(0, message.changes.length - 1))
    const change = message.changes[at]
    const hash = random.pick(around.hashes)
    const what = change === undefined ? random.int(0, 3) : random.int(0, 8)
    if (what === 0) message.heads = [hash]
    else if (what === 1) message.need = [hash, 'ab'.repeat(32)]
    else if (what < 4) for (const have of message.have) have.bloom = mutateBytes(have.bloom, other, random)
    else if (change !== undefined) message.changes[at] = mutateChange(change, change, around, random)
    return Automerge.encodeSyncMessage(message)
  } catch {
    return mutateBytes(input, other, random)
  }
}
