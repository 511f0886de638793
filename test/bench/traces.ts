// Real editing histories as texts to store. They live outside of the project; without them what needs them is left out.
import * as Automerge from '@automerge/automerge'
import * as Y from 'yjs'
import type { Trace } from '../server/projection/editing-trace.ts'
import { readTrace, tracesArePresent, traceUpdates } from '../server/projection/editing-trace.ts'
import { digestOfText } from './load/joiners.ts'
import type { Seed } from './load/seed-text.ts'

export { tracesArePresent }

export interface TraceOptions {
  /** The first so many transactions. */
  readonly edits: number
  /** Transactions in an update, where one author has written alone. */
  readonly perUpdate: number
}

const cut = (trace: Trace, edits: number): Trace => ({ ...trace, txns: trace.txns.slice(0, edits) })

export function traceSeed(name: string, { edits, perUpdate }: TraceOptions): Seed {
  const trace = cut(readTrace(name), edits)
  const isConcurrent = trace.txns.some(({ parents }) => parents !== undefined)
  const updates = isConcurrent ? traceUpdates(trace, 'body') : sequentialUpdates(trace, perUpdate)
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const written = [...Y.decodeStateVector(Y.encodeStateVector(doc))]
  const digest = digestOfText(doc.getText('body').toString())
  return { room: name, written, digest, updates }
}

function sequentialUpdates(trace: Trace, perUpdate: number): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 1
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText('body')
  if (trace.startContent) text.insert(0, trace.startContent)
  for (let from = 0; from < trace.txns.length; from += perUpdate)
    doc.transact(() => {
      for (const { patches } of trace.txns.slice(from, from + perUpdate))
        for (const [position, deleted, inserted] of patches) {
          text.delete(position, deleted)
          text.insert(position, inserted)
        }
    })
  return updates
}

/** The same text as an Automerge document, saved; of a history that one author has written alone. */
export function traceAutomerge(name: string, { edits, perUpdate }: TraceOptions): Uint8Array {
  const { txns, startContent = '' } = cut(readTrace(name), edits)
  let doc = Automerge.from({ body: startContent })
  for (let from = 0; from < txns.length; from += perUpdate)
    doc = Automerge.change(doc, (draft) => {
      for (const { patches } of txns.slice(from, from + perUpdate))
        for (const [position, deleted, inserted] of patches)
          Automerge.splice(draft, ['body'], position, deleted, inserted)
    })
  const saved = Automerge.save(doc)
  Automerge.free(doc)
  return saved
}
