// A record to test the gate against: what it holds, changes to it that are honest or forged, and verdicts.
import * as Automerge from '@automerge/automerge'
import { expect } from 'vitest'
import type { Verdict } from '../../../server/gate/automerge-gate.ts'
import { defaultAutomergeLimits, vetChange } from '../../../server/gate/automerge-gate.ts'
import { genesisOf } from '../../../shared/record/genesis.ts'
import { plainCollection } from '../../../shared/schema/schema.ts'
import { RecordedHistory } from './recorded-history.ts'
import type { ForgedOp } from './signed-chunk.ts'
import { forged } from './signed-chunk.ts'

export type Doc = Automerge.Doc<Root>
export type Root = Record<string, unknown>

export const [ADA, BOB, CARL] = ['aa'.repeat(16), 'bb'.repeat(16), 'cc'.repeat(16)] as const
const CPU_MS_MAX = 50
const ATTEMPTS = 3

export const [naming] = genesisOf({ collection: 'notes', id: 'n1' }, plainCollection('notes'))

/** A record as Ada has left it; the genesis change makes operations 1 to 3. */
export const doc: Doc = Automerge.change(
  Automerge.applyChanges(Automerge.init<Root>(ADA), [naming?.bytes ?? new Uint8Array()])[0],
  { time: 0 },
  (root) => {
    root.title = 'hi'
    root.list = ['x', 2]
    root.map = { n: 1 }
    root.count = new Automerge.Counter(5)
    root.n = 1
  },
)
export const history = RecordedHistory.of(doc)
export const heads = Automerge.getHeads(doc)
/** Where the next change's operations start. */
export const next = history.lastOp() + 1

export function idOf(key: string): string {
  const id = Automerge.getObjectId(doc, key)
  if (id === null) throw new Error(`no object at ${key}`)
  return id
}

/** The id of the first of Ada's operations that matches. */
export function opAt(matches: (op: ForgedOp) => boolean): string {
  const change = Automerge.decodeChange(Automerge.getAllChanges(doc).at(-1) ?? new Uint8Array())
  return `${change.startOp + change.ops.findIndex((op) => matches(op))}@${change.actor}`
}

/** The id of an operation of the next change. */
export const own = (index: number, actor: string = BOB): string => `${next + index}@${actor}`

export const vet = (change: Uint8Array, known = history): Verdict =>
  vetChange(change, known, defaultAutomergeLimits, (hash) => hash === naming?.hash)

/** Bob's next change, with operations that no library would write. */
export const bobs = (
  ops: readonly ForgedOp[],
  rest: Partial<Parameters<typeof forged>[1]> = {},
): Uint8Array => forged(ops, { actor: BOB, startOp: next, deps: heads, ...rest })

export const set = (rest: Partial<ForgedOp> = {}): ForgedOp => ({
  action: 'set',
  obj: '_root',
  key: 'new',
  value: 'v',
  ...rest,
})

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

export const nestedMaps = (depth: number): ForgedOp[] =>
  times(depth, (index) => ({ action: 'makeMap', obj: index === 0 ? '_root' : own(index - 1), key: 'k' }))

/** A change that the library itself makes. */
export function written(by: string, write: (root: Root) => void, on: Doc = doc): Uint8Array {
  const change = Automerge.getLastLocalChange(Automerge.change(Automerge.clone(on, { actor: by }), write))
  if (change === undefined) throw new Error('no change')
  return change
}

/** Refused for this reason, at once, and the gate goes on. */
export function expectRefused(change: Uint8Array, reason: string, known = history): void {
  expect(vet(change, known)).toMatchObject({
    ok: false,
    kind: 'refused',
    reason: expect.stringContaining(reason),
  })
  const cpuMs = times(ATTEMPTS, () => {
    const start = process.cpuUsage()
    vet(change, known)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1_000
  })
  expect(Math.min(...cpuMs)).toBeLessThan(CPU_MS_MAX)
  expect(vet(honestChange)).toMatchObject({ ok: true })
}

const honestChange = written(CARL, (root) => {
  root.n = 2
})
