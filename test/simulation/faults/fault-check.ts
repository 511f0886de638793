// What must hold after a crash, and at the end.
import * as Automerge from '@automerge/automerge'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { logDifferences } from '../../../server/projection/compare-log.ts'
import { expectedRecord } from '../../../server/projection/expected-tables.ts'
import { isServerActor } from '../../../shared/record/server-actor.ts'
import type { FaultRun } from './fault-run.ts'
import type { Stage } from './stage.ts'

/** W4: nothing that anybody was told to be stored is missing from the store. */
export async function checkTold(stage: Stage, run: FaultRun): Promise<void> {
  const { texts, changes } = run.told
  const stored = await storedText(stage, run)
  for (const { name, told } of texts) expect([name, lacking(stored, told)]).toEqual([name, []])
  stored.destroy()
  const hashes = new Set((await stage.storage.scanJournal(run.key, 'fields')).map(({ hash }) => hash))
  expect([...changes].filter((hash) => !hashes.has(hash))).toEqual([])
}

/** When everybody has been heard, all copies agree, and hold what was written once. */
export async function checkAgreement(stage: Stage, run: FaultRun): Promise<void> {
  await checkTold(stage, run)
  await checkTexts(stage, run)
  await checkFields(stage, run)
}

async function checkTexts(stage: Stage, run: FaultRun): Promise<void> {
  const stored = await storedText(stage, run)
  for (const { name, doc } of run.texts) {
    expect([name, doc.getText('body').toString()]).toEqual([name, stored.getText('body').toString()])
    expect([name, lacking(stored, doc), lacking(doc, stored)]).toEqual([name, [], []])
  }
  stored.destroy()
}

async function checkFields(stage: Stage, run: FaultRun): Promise<void> {
  const journal = await stage.storage.scanJournal(run.key, 'fields')
  const heads = await stage.server.rooms.record(run.key).read(({ doc }) => doc.heads)
  for (const { name, doc } of run.records) expect([name, Automerge.getHeads(doc)]).toEqual([name, heads])
  const [first] = run.records
  if (first === undefined) throw new Error('nobody has a copy')

  const orders = run.requests.flatMap((client) => client.orders)
  const ordered = orders.reduce((sum, { amount }) => sum + amount, 0)
  expect((first.doc.stock as Automerge.Counter).value).toBe(ordered + incrementsIn(first.doc))
  for (const { id } of orders) expect([id, told(run, id)]).toEqual([id, true])

  const [row] = stage.rows('SELECT plain, dose, stock FROM things WHERE id = ?', run.key.id)
  const { plain, dose, stock } = first.doc
  const text = (value: unknown): string | null => (value === undefined ? null : String(value))
  const shown = { plain: text(plain), dose: text(dose), stock: (stock as Automerge.Counter).value }
  expect(row).toEqual(shown)
  const items = stage.rows('SELECT value FROM things_tags WHERE record_id = ?', run.key.id)
  expect(items.map((item) => (item as { readonly value: string }).value).sort()).toEqual(
    Object.keys(first.doc.tags as object).sort(),
  )
  expect(new Set(journal.map(({ hash }) => hash)).size).toBe(journal.length)
  await checkReplay(stage, run)
}

const told = (run: FaultRun, id: string): boolean => run.requests.some((client) => client.told.has(id))

/** What raw clients have added to the counter, lost devices among them, as far as it has arrived. */
function incrementsIn(doc: Automerge.Doc<Record<string, unknown>>): number {
  const changes = Automerge.getAllChanges(doc).map((bytes) => Automerge.decodeChange(bytes))
  const raw = changes.filter(({ actor }) => !isServerActor(actor))
  return raw
    .flatMap(({ ops }) => ops)
    .reduce((sum, op) => sum + (op.action === 'inc' ? Number(op.value) : 0), 0)
}

async function checkReplay(stage: Stage, run: FaultRun): Promise<void> {
  const collection = stage.schema.get('things')
  if (collection === undefined) throw new Error('no such collection')
  const materializer = { materialize: () => Promise.resolve(new Map()) }
  const parts = { storage: stage.storage, materializer: materializer as never }
  const expected = await expectedRecord(parts, run.key, collection)
  expect(await logDifferences(stage.storage, run.key, expected)).toEqual([])
}

async function storedText(stage: Stage, run: FaultRun): Promise<Y.Doc> {
  const doc = new Y.Doc()
  for (const { bytes } of await stage.storage.scanJournal(run.key, 'text')) Y.applyUpdate(doc, bytes)
  return doc
}

/** What `doc` lacks of what `other` has: clocks of clients, and deletions. */
function lacking(doc: Y.Doc, other: Y.Doc): readonly string[] {
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc))
  const behind = [...Y.decodeStateVector(Y.encodeStateVector(other))]
    .filter(([client, clock]) => (clocks.get(client) ?? 0) < clock)
    .map(([client, clock]) => `client ${client} up to ${clock}`)
  const missing = Y.snapshot(other).ds
  const present = Y.snapshot(doc).ds
  const undone = [...missing.clients]
    .flatMap(([client, items]) => items.map(({ clock, len }) => ({ client, clock, len })))
    .filter(
      ({ client, clock, len }) =>
        !Array.from({ length: len }, (_, index) => clock + index).every((at) =>
          Y.isDeleted(present, Y.createID(client, at)),
        ),
    )
    .map(({ client, clock }) => `the deletion of ${client} at ${clock}`)
  return [...behind, ...undone]
}
