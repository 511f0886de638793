/** Real editing histories as Yjs updates. They live outside of the project; without them their tests are skipped. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'

type Patch = readonly [position: number, deleted: number, inserted: string]

interface Transaction {
  /** Indices of the transactions that it was made on; only in a concurrent trace. */
  readonly parents?: readonly number[]
  readonly agent?: number
  readonly patches: readonly Patch[]
}

export interface Trace {
  readonly startContent?: string
  readonly endContent: string
  readonly txns: readonly Transaction[]
}

const folder = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))

export const tracesArePresent = existsSync(folder)

export const readTrace = (name: string): Trace =>
  JSON.parse(gunzipSync(readFileSync(`${folder}${name}.json.gz`)).toString()) as Trace

/** One update for each transaction, as its author's editor would have sent it, of the text `root`. */
export function traceUpdates(trace: Trace, root = 'notes'): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  const agents = new Map<number, Agent>()
  for (const [index, { parents = [index - 1], agent: name = 0, patches }] of trace.txns.entries()) {
    const agent = agents.get(name) ?? newAgent(name)
    agents.set(name, agent)
    catchUp(agent, trace, parents, updates)
    const send = (update: Uint8Array): number => updates.push(update)
    agent.doc.on('update', send)
    agent.doc.transact(() => {
      const text = agent.doc.getText(root)
      if (index === 0) text.insert(0, trace.startContent ?? '')
      for (const [position, deleted, inserted] of patches) {
        text.delete(position, deleted)
        text.insert(position, inserted)
      }
    })
    agent.doc.off('update', send)
    agent.seen.add(index)
  }
  return updates
}

interface Agent {
  readonly doc: Y.Doc
  /** Transactions that its document holds. */
  readonly seen: Set<number>
}

function newAgent(name: number): Agent {
  const doc = new Y.Doc()
  doc.clientID = name + 1
  return { doc, seen: new Set() }
}

/** Applies what the agent had received when it made its next transaction. */
function catchUp(
  agent: Agent,
  trace: Trace,
  parents: readonly number[],
  updates: readonly Uint8Array[],
): void {
  const missing = new Set<number>()
  const open = [...parents]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (index < 0 || agent.seen.has(index) || missing.has(index)) continue
    missing.add(index)
    open.push(...(trace.txns[index]?.parents ?? [index - 1]))
  }
  for (const index of [...missing].sort((a, b) => a - b)) {
    const update = updates[index]
    if (update !== undefined) Y.applyUpdate(agent.doc, update)
    agent.seen.add(index)
  }
}
