/** Real people's keystrokes through the gate, one update per transaction. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { defaultYjsLimits, vetUpdate } from '../../../server/gate/yjs-gate.ts'

const folder = new URL('../../../../shared/data/', import.meta.url)
const hasTraces = existsSync(folder)

/** Of each trace: the two short ones in full, and the start of the long one. */
const TRANSACTIONS = Number(process.env.TRACE_TRANSACTIONS ?? 30_000)

interface Transaction {
  readonly parents?: readonly number[]
  readonly agent?: number
  readonly patches: readonly (readonly [position: number, deleted: number, inserted: string])[]
}

interface Trace {
  readonly numAgents?: number
  readonly endContent: string
  readonly txns: readonly Transaction[]
}

const load = (name: string): Trace =>
  JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, folder))).toString())

/** One author's document, and the transactions that are in it. */
class Author {
  readonly doc = new Y.Doc()
  readonly #seen = new Set<number>()
  #sent: Uint8Array = Uint8Array.from([0, 0])

  /** @param agent its order decides, as in the trace, who comes first where two people wrote at one place. */
  constructor(agent: number) {
    this.doc.clientID = 1 + agent
    this.doc.on('update', (update: Uint8Array) => {
      this.#sent = update
    })
  }

  /** Catches up with what the transaction builds on, and writes it. @returns the update. */
  write(index: number, txns: readonly Transaction[], updates: readonly Uint8Array[]): Uint8Array {
    for (const missing of this.#missing(txns[index]?.parents ?? [], txns))
      Y.applyUpdate(this.doc, updates[missing] ?? new Uint8Array())
    this.#seen.add(index)
    this.#sent = Uint8Array.from([0, 0])
    const text = this.doc.getText('body')
    this.doc.transact(() => {
      for (const [position, deleted, inserted] of txns[index]?.patches ?? []) {
        text.delete(position, deleted)
        text.insert(position, inserted)
      }
    })
    return this.#sent
  }

  #missing(parents: readonly number[], txns: readonly Transaction[]): readonly number[] {
    const missing: number[] = []
    const waiting = [...parents]
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (this.#seen.has(index)) continue
      this.#seen.add(index)
      missing.push(index)
      waiting.push(...(txns[index]?.parents ?? []))
    }
    return missing.sort((a, b) => a - b)
  }
}

function replay(
  trace: Trace,
  count: number,
): { readonly server: Y.Doc; readonly refusals: readonly unknown[] } {
  const authors = Array.from({ length: trace.numAgents ?? 1 }, (_, agent) => new Author(agent))
  const server = new Y.Doc()
  const refusals: unknown[] = []
  const updates: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    const author = authors[trace.txns[index]?.agent ?? 0]
    const update = author?.write(index, trace.txns, updates) ?? new Uint8Array()
    const verdict = vet(server, update)
    if (!verdict.ok) refusals.push(verdict)
    Y.applyUpdate(server, update)
    updates.push(update)
  }
  return { server, refusals }
}

const vet = (doc: Y.Doc, update: Uint8Array) =>
  vetUpdate(doc, update, { roots: new Set(['body']), mayWriteAs: () => true, limits: defaultYjsLimits })

describe.skipIf(!hasTraces)('editing traces (skipped without ../shared/data)', () => {
  it.each(['friendsforever', 'sveltecomponent', 'automerge-paper'])(
    'W6: every keystroke of %s passes, and the whole as one diff',
    (name) => {
      const trace = load(name)
      const count = Math.min(trace.txns.length, TRANSACTIONS)
      const { server, refusals } = replay(trace, count)
      expect(refusals).toEqual([])
      if (count === trace.txns.length) expect(server.getText('body').toString()).toBe(trace.endContent)
      expect(server.getText('body').length).toBeGreaterThan(0)
      const whole = Y.encodeStateAsUpdate(server)
      expect(vet(new Y.Doc(), whole)).toMatchObject({ ok: true, empty: false })
      expect(vet(server, whole)).toEqual({ ok: true, empty: true, authors: [] })
    },
  )
})
