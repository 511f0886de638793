// S7: one flipped byte, anywhere in the file. It is reported with its place, or it changes nothing that the store says,
// or it lies in one of the tables that no chain covers.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyCopy } from '../../server/commands/backup-folder.ts'
import { AuditedStore } from '../support/audited-store.ts'
import { runCommand } from '../support/run-command.ts'
import { SeededRandom } from '../support/seeded-random.ts'

/** SPEC, S7, "not yet"; and what is derived, made anew or only remembered. */
const IN_NO_CHAIN =
  /^sluice_(meta|migrations|snapshots|authors|outbox|answers|revocations|search\w*)$|^sqlite_sequence$/
const FLIPS_PER_TREE = 3
const PAGE = 4096

let store: AuditedStore
beforeAll(async () => {
  store = await AuditedStore.write()
})
afterAll(() => store[Symbol.asyncDispose]())

/** Each table's rows as text; null if they cannot be read. */
function contentOf(file: string): ReadonlyMap<string, string | null> {
  const db = new Database(file, { readonly: true })
  const content = new Map<string, string | null>()
  try {
    const tables = db
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
      )
      .all()
    content.set('schema', JSON.stringify(db.prepare('SELECT * FROM sqlite_schema').all()))
    for (const { name } of tables)
      try {
        content.set(name, JSON.stringify(db.prepare(`SELECT * FROM "${name}" NOT INDEXED`).raw().all()))
      } catch {
        content.set(name, null)
      }
  } catch {
    content.set('schema', null)
  } finally {
    db.close()
  }
  return content
}

/** The pages of each tree, which is a table or an index. */
function treesOf(file: string): ReadonlyMap<string, readonly number[]> {
  const trees = new Map<string, number[]>()
  const db = new Database(file, { readonly: true })
  try {
    const pages = db.prepare<[], { name: string; page: number }>('SELECT name, pageno AS page FROM dbstat')
    for (const { name, page } of pages.iterate()) trees.set(name, [...(trees.get(name) ?? []), page])
    return trees
  } finally {
    db.close()
  }
}

async function isReportedBySqliteOrJournal(folder: string, told: string[]): Promise<boolean> {
  try {
    return (await verifyCopy(folder, (problem) => told.push(problem))).problems > 0
  } catch (error) {
    told.push(String(error))
    return true
  }
}

test('S7: a flipped byte is found, or is provably without effect', { timeout: 400_000 }, async () => {
  const sound = readFileSync(store.server.databaseFile)
  const before = contentOf(store.server.databaseFile)
  const trees = treesOf(store.server.databaseFile)
  const random = new SeededRandom(4)
  const found = { reported: 0, withoutEffect: 0, unchained: 0 }
  const missed: string[] = []
  for (const [tree, owned] of trees)
    for (let flip = 0; flip < FLIPS_PER_TREE; flip++) {
      const page = owned[random.int(0, owned.length - 1)] ?? expect.fail('no page')
      // Cells lie at the end of a page, and its header at the start.
      const within = flip === 0 ? random.int(0, 40) : PAGE - 1 - random.int(0, flip * 400)
      const offset = (page - 1) * PAGE + within
      const place = `${tree}, byte ${offset}`
      const flipped = Buffer.from(sound)
      flipped[offset] = (flipped[offset] ?? 0) ^ (1 << random.int(0, 7))
      const folder = store.tampered(() => {})
      const file = join(folder, 'sluice.db')
      writeFileSync(file, flipped)
      const told: string[] = []
      if (!(await isReportedBySqliteOrJournal(folder, told))) {
        const after = contentOf(file)
        const changed = [...before].filter(([name, rows]) => after.get(name) !== rows).map(([name]) => name)
        if (changed.length === 0) found.withoutEffect += 1
        else if (changed.every((name) => IN_NO_CHAIN.test(name))) found.unchained += 1
        else {
          const { status, output } = runCommand('verify', folder)
          if (status === 0) missed.push(`${place}: ${changed}: ${output}`)
          else found.reported += 1
        }
      } else {
        found.reported += 1
        expect(
          told.every((problem) => problem.length > 10),
          place,
        ).toBe(true)
      }
    }
  console.info('flips', found)
  expect(missed).toEqual([])
  expect(found.reported).toBeGreaterThan(40)
})
