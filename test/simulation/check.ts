// What must hold when everybody has been heard: replicas, REST and SQL agree with each other and with the oracle.
import * as Automerge from '@automerge/automerge'
import { expect } from 'vitest'
import { logDifferences } from '../../server/projection/compare-log.ts'
import { expectedRecord } from '../../server/projection/expected-tables.ts'
import type { Arrived, Decision, LogLine } from './oracle.ts'
import {
  ancestry,
  arrivals,
  competingPairs,
  disputesOf,
  itemsOf,
  lastEdited,
  lastReceived,
  losersOf,
  sumOf,
} from './oracle.ts'
import type { Simulation } from './simulation.ts'
import type { World } from './world.ts'

interface ConflictAnswer {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly fields: readonly string[]
  readonly incumbent: { readonly changeHash: string }
  readonly alongside: readonly { readonly changeHash: string }[]
  readonly challengers: readonly { readonly changeHash: string }[]
}

export async function check(world: World, run: Simulation): Promise<void> {
  const { body: record } = await world.call('GET', run.path, 'admin')
  const docs = run.raw.map(({ doc }) => Automerge.load<Record<string, unknown>>(Automerge.save(doc)))
  const [doc] = docs
  if (doc === undefined) throw new Error('nobody has a replica')
  for (const other of docs) {
    expect(Automerge.getHeads(other)).toEqual(Automerge.getHeads(doc))
    expect(shownBy(other)).toEqual(record.fields)
  }
  checkTables(world, run, record)

  const log = await wholeLog(world, run)
  const all = arrivals(run.writes, log, ancestry(doc))
  const of = (...fields: readonly string[]): readonly Arrived[] =>
    all.filter(({ field }) => fields.includes(field))
  const decisions = decisionsIn(log)
  expect(record.fields.plain).toBe(lastReceived(of('plain')))
  expect(record.fields.stock).toBe(sumOf(of('stock')))
  expect(record.fields.tags).toEqual(itemsOf(of('tags')))
  const timed = [...all, ...decisions.map(({ hash, receivedAt }) => ({ hash, receivedAt, claimedAt: null }))]
  expect([...lastEdited(of('edited'), timed)]).toContain(record.fields.edited)

  for (const field of ['plain', 'edited'])
    for (const { id } of losersOf(of(field), record.fields[field]))
      expect([field, id, lossesOf(log, field, id)]).toEqual([field, id, 1])

  const conflicts = await conflictsOf(world, run)
  checkDisputes(['dose'], of('dose'), decisions, conflicts)
  const { inForce } = disputesOf(
    of('dose'),
    decisions.filter(({ field }) => field === 'dose'),
  )
  expect(record.fields.dose).toBe(inForce)
  // Linked fields are one write of their author's.
  const pairs = of('left', 'right').filter(
    (write, index, list) => list.findIndex(({ id }) => id === write.id) === index,
  )
  checkDisputes(['left', 'right'], pairs, decisions, conflicts)
  await checkReplay(world, run)
  for (const one of docs) Automerge.free(one)
}

function checkDisputes(
  fields: readonly string[],
  writes: readonly Arrived[],
  decisions: readonly (Decision & { readonly field: string })[],
  conflicts: readonly ConflictAnswer[],
): void {
  const own = conflicts.filter((conflict) => conflict.fields.join() === fields.join())
  const expected = disputesOf(
    writes,
    decisions.filter(({ field }) => field === fields[0]),
  )
  const shape = ({ sides, isOpen }: { readonly sides: Iterable<string>; readonly isOpen: boolean }): string =>
    `${isOpen ? 'open' : 'decided'}: ${[...sides].sort().join()}`
  const found = own.map((conflict) => ({ sides: sidesOf(conflict), isOpen: conflict.state !== 'resolved' }))
  expect(found.map(shape).sort()).toEqual(expected.disputes.map(shape).sort())
  for (const [a, b] of competingPairs(writes)) {
    const both = found.filter(({ sides }) => sides.has(a.hash) && sides.has(b.hash))
    expect([a.id, b.id, both.length]).toEqual([a.id, b.id, 1])
  }
}

const sidesOf = ({ incumbent, alongside, challengers }: ConflictAnswer): ReadonlySet<string> =>
  new Set([incumbent, ...alongside, ...challengers].map(({ changeHash }) => changeHash))

function checkTables(
  world: World,
  run: Simulation,
  record: { readonly fields: Record<string, unknown> },
): void {
  const { tags, ...scalars } = record.fields
  const columns = Object.keys(scalars).join(', ')
  expect(world.rows(`SELECT ${columns} FROM things WHERE id = ?`, run.key.id)).toEqual([scalars])
  const items = world.rows('SELECT value FROM things_tags WHERE record_id = ? ORDER BY position', run.key.id)
  expect(items).toEqual((tags as readonly string[]).map((value) => ({ value })))
}

async function checkReplay(world: World, run: Simulation): Promise<void> {
  const collection = world.schema.get('things')
  if (collection === undefined) throw new Error('no such collection')
  const materialize = (): never => {
    throw new Error('nobody has written text')
  }
  const parts = { storage: world.storage, materializer: { materialize } }
  const expected = await expectedRecord(parts, run.key, collection)
  expect(await logDifferences(world.storage, run.key, expected)).toEqual([])
}

/** The record as a replica shows it. */
function shownBy(doc: Readonly<Record<string, unknown>>): unknown {
  const text = (field: string): string | null => (doc[field] === undefined ? null : String(doc[field]))
  const texts = ['plain', 'edited', 'dose', 'left', 'right'].map((field) => [field, text(field)] as const)
  const tags = Object.keys(doc.tags as object).sort()
  return { ...Object.fromEntries(texts), stock: (doc.stock as Automerge.Counter).value, tags }
}

function decisionsIn(
  log: readonly (LogLine & { readonly newValue: unknown })[],
): readonly (Decision & { readonly field: string; readonly receivedAt: number })[] {
  return log
    .filter(({ metadata, reason }) => metadata.r !== undefined && reason?.startsWith('deci') === true)
    .filter(({ outcome }) => outcome === 'applied')
    .map((line) => ({
      hash: line.changeHash,
      position: line.position,
      field: line.field,
      receivedAt: Date.parse(line.receivedAt),
      isUndo: line.reason === 'decision taken back',
      value: line.newValue as string | null,
    }))
}

/** How often the log tells the author of a write that another is in force. */
const lossesOf = (log: readonly LogLine[], field: string, id: string): number =>
  log.filter((line) => line.field === field && line.metadata.w === id && line.outcome === 'superseded').length

async function wholeLog(
  world: World,
  run: Simulation,
): Promise<readonly (LogLine & { readonly newValue: unknown })[]> {
  const { tenant, collection, id: recordId } = run.key
  const filter = { tenant, collection, recordId, order: 'oldest' as const, limit: 200 }
  const lines = []
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof world.storage.listFieldChanges>> =
      await world.storage.listFieldChanges({
        ...filter,
        cursor,
      })
    lines.push(
      ...page.items.map(({ origin, ...line }) => ({
        ...line,
        receivedAt: origin.receivedAt,
        metadata: origin.metadata,
      })),
    )
    if (page.next === null) return lines as never
    cursor = page.next
  }
}

async function conflictsOf(world: World, run: Simulation): Promise<readonly ConflictAnswer[]> {
  const { body } = await world.call(
    'GET',
    `/v1/conflicts?collection=things&record=${run.key.id}&limit=200`,
    'admin',
  )
  return body.items.filter(({ kind }: ConflictAnswer) => kind !== 'dead-letter')
}
