// S10 and S11 on the real program: `compact`, what is proven afterwards, and that nothing goes that does not fit.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { compactionOf } from '../../server/plan/compaction.ts'
import { chainOf } from '../../server/plan/journal-chain.ts'
import { entryOf, type JournalRow } from '../../server/storage/sqlite/read-lanes.ts'
import { AuditedStore, edit, problemsOf, rowAt, rowsOf } from '../support/audited-store.ts'
import { wordsIn } from '../support/data-files.ts'
import { as, rest } from '../support/rest-client.ts'
import { runCommand } from '../support/run-command.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, signToken } from '../support/sign-token.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const ALL = ['--older-than', '0']
const TEXT = '/v1/records/articles/audited/text/body'

const rowsIn = (folder: string) => {
  const db = new Database(join(folder, 'sluice.db'), { readonly: true })
  try {
    return rowsOf(db, 'audited', 'text')
  } finally {
    db.close()
  }
}

const textBytesIn = (folder: string): number =>
  rowsIn(folder).reduce((sum, { bytes }) => sum + bytes.byteLength, 0)

describe('a store of which all texts were joined', () => {
  let store: AuditedStore
  /** The store as it was before. */
  let original: string
  let entries: number
  beforeAll(async () => {
    store = await AuditedStore.write()
    original = store.tampered(() => {})
    entries = rowsIn(original).length
    expect(entries).toBeGreaterThan(8)
    expect(runCommand('compact', store.server.dataDir, ALL)).toMatchObject({ status: 0 })
  })
  afterAll(() => store[Symbol.asyncDispose]())

  /** A copy of the store as it was before, edited. */
  const tamperedBefore = (tamper: (db: Database.Database) => void): string => {
    const folder = store.newFolder()
    cpSync(original, folder, { recursive: true })
    const db = new Database(join(folder, 'sluice.db'))
    tamper(db)
    db.close()
    return folder
  }

  test('S11: a dry run says what would go, and nothing goes; without a time nothing is done', () => {
    const folder = tamperedBefore(() => {})
    const { status, output } = runCommand('compact', folder, [...ALL, '--dry-run'])
    expect([status, output]).toEqual([0, expect.stringMatching(/^would join \d+ updates of \d+ texts/)])
    expect(rowsIn(folder)).toHaveLength(entries)
    expect(runCommand('compact', folder)).toMatchObject({ status: 1 })
    const kept = runCommand('compact', folder, ['--older-than', '1'])
    expect(kept.output).toMatch(/^joined 0 updates of 0 texts/)
    expect(rowsIn(folder)).toHaveLength(entries)
  })

  test('S10, S3: it verifies, loads, is rebuilt and backed up, takes new text, and is joined again', async () => {
    const folder = store.tampered(() => {})
    expect(problemsOf(folder)).toEqual([])
    const [joined, ...others] = rowsIn(folder)
    expect([joined?.kind, joined?.version, others.length]).toEqual(['compaction', entries, 0])
    expect(textBytesIn(folder)).toBeLessThan(textBytesIn(original))
    expect(runCommand('rebuild', folder).status).toBe(0)
    const copy = join(store.newFolder(), 'copy')
    expect(runCommand('backup', folder, [copy])).toMatchObject({ status: 0 })

    const server = await ServerProcess.at(folder)
    await server.start()
    const ann = new TextClient(server.socketUrl, 'articles/audited')
    await until(() => ann.text.includes('Bob 2.3'), 'the text of before')
    expect(ann.text).toContain('Ann 1.1')
    ann.typeParagraph('Ann goes on')
    await until(
      async () => String((await rest(server.url, 'GET', TEXT)).body).includes('Ann goes on'),
      'the text to be projected',
    )
    ann.destroy()
    await server.stop()
    expect(runCommand('compact', folder, ALL)).toMatchObject({ status: 0 })
    expect(problemsOf(folder)).toEqual([])
    expect(rowsIn(folder)).toHaveLength(1)
    await server.start()
    const { body } = await rest(server.url, 'GET', TEXT)
    for (const line of ['Ann 1.1', 'Bob 2.3', 'Ann goes on']) expect(body).toContain(line)
    await server.stop()
  })

  const PLACE = `default:articles/audited, text, version`
  it.each<[string, (db: Database.Database) => void, readonly RegExp[]]>([
    [
      'a byte of its text',
      (db) => {
        const row = rowsOf(db, 'audited', 'text')[0] ?? expect.fail()
        const bytes = Buffer.from(row.bytes)
        bytes[20] = (bytes[20] ?? 0) ^ 1
        edit(db, row, 'bytes = ?', bytes)
      },
      [/: is a compaction whose text was changed$/, /: does not give its chain/],
    ],
    [
      'the number of its entries',
      (db) =>
        edit(
          db,
          rowsOf(db, 'audited', 'text')[0] ?? expect.fail(),
          `metadata = json_set(metadata, '$.entries', 3)`,
        ),
      [/: is a compaction that does not say what it stands for$/, /: does not give its chain/],
    ],
    [
      'its metadata',
      (db) => edit(db, rowsOf(db, 'audited', 'text')[0] ?? expect.fail(), `metadata = '{}'`),
      [/: is missing, and so are all up to/, /: is a compaction whose metadata cannot be read$/],
    ],
    [
      'it, and takes it away',
      (db) => db.exec("DELETE FROM sluice_journal WHERE kind = 'compaction'"),
      [/: is missing/],
    ],
    [
      'its author, with a chain that fits: the checkpoint of afterwards tells',
      (db) => {
        const row = rowsOf(db, 'audited', 'text')[0] ?? expect.fail()
        const entry = entryOf({ ...(row as unknown as JournalRow), subject: 'mallory' })
        const chain = chainOf(compactionOf(entry).chain, 'text', row.version, entry)
        edit(db, row, "subject = 'mallory', chain = ?", chain)
      },
      [/: has another chain, and checkpoint \d+ of .* covers it$/],
    ],
  ])('S10: whoever changes %s is found out', (_, tamper, expected) => {
    const problems = problemsOf(store.tampered((db) => tamper(db)))
    for (const problem of expected) expect(problems).toContainEqual(expect.stringMatching(problem))
    expect(problems.filter((problem) => !problem.startsWith(PLACE))).toEqual([])
  })

  it.each<[string, (db: Database.Database) => void, RegExp]>([
    [
      'a changed author',
      (db) => edit(db, rowAt(db, 'text', 3), "subject = 'mallory'"),
      /default:articles\/audited: .*version 3 does not fit its chain\n/,
    ],
    [
      'a history written anew, with chains that fit',
      (db) => {
        let previous = rowAt(db, 'text', 2)
        const chainAt = (position: number): string =>
          db
            .prepare<[number], string>('SELECT chain FROM sluice_journal WHERE position = ?')
            .pluck()
            .get(position) ?? expect.fail()
        edit(db, rowAt(db, 'text', 3), "subject = 'mallory'")
        for (const row of rowsOf(db, 'audited', 'text').slice(2)) {
          const stored = row as unknown as JournalRow
          const chain = chainOf(chainAt(previous.position), 'text', row.version, entryOf(stored))
          edit(db, row, 'chain = ?', chain)
          previous = row
        }
      },
      /default:articles\/audited: .*version \d+ is not what a checkpoint has signed\n/,
    ],
  ])('S10: %s is left where `verify` finds it', (_, tamper, expected) => {
    const folder = tamperedBefore(tamper)
    const before = problemsOf(folder)
    expect(before.length).toBeGreaterThan(0)
    const { status, output } = runCommand('compact', folder, ALL)
    expect([status, output]).toEqual([1, expect.stringMatching(expected)])
    expect(problemsOf(folder)).toEqual(before)
  })
})

test('S11, E1, E7: a server joins by itself; contributors stay known, and an erasure takes it away', async () => {
  await using server = await ServerProcess.start({
    SLUICE_TEXT_HISTORY_DAYS: '0',
    SLUICE_COMPACTION_INTERVAL_MS: '100',
    SLUICE_CHECKPOINT_INTERVAL_MS: '100',
    SLUICE_JWT_SECRET: SECRET,
    SLUICE_ERASURE_ROLES: 'dpo',
  })
  const clerk = await signToken('ann', { roles: ['doctor'] })
  const eraser = await signToken('dora', { roles: ['dpo'] })
  await rest(server.url, 'PUT', '/v1/records/patients/P-1', { name: 'Ada' }, as(clerk))
  const ann = new TextClient(server.socketUrl, 'patients/P-1', 'notes', clerk)
  const reader = new TextClient(server.socketUrl, 'patients/P-1', 'notes', clerk)
  const joined = (): number => {
    const db = new Database(server.databaseFile, { readonly: true })
    try {
      return db.prepare<[], number>('SELECT TOTAL(entries) FROM sluice_compactions').pluck().get() ?? 0
    } finally {
      db.close()
    }
  }
  for (let line = 0; joined() === 0; line++) {
    ann.typeParagraph(`line ${line}`)
    await until(() => reader.text.includes(`line ${line}`), 'the line')
  }
  // The room is open all the while, and does not notice.
  ann.typeParagraph('qzCanaryXw1')
  await until(() => reader.text.includes('qzCanaryXw1'), 'what is typed afterwards')
  await until(
    async () =>
      (
        await rest(server.url, 'GET', '/v1/records/patients/P-1/text/notes', undefined, as(clerk))
      ).body?.includes?.('qzCanaryXw1'),
    'the text to be projected',
  )
  const contributions = await rest(server.url, 'GET', '/v1/contributions/ann', undefined, as(eraser))
  expect(contributions.body.items).toEqual([{ collection: 'patients', id: 'P-1' }])
  for (const client of [ann, reader]) client.destroy()
  const request = { collection: 'patients', id: 'P-1', reason: 'request 17', allowNew: false }
  expect((await rest(server.url, 'POST', '/v1/erasures', request, as(eraser))).status).toBe(201)
  expect(joined()).toBe(0)
  expect(wordsIn(server.dataDir, ['qzCanaryXw1'])).toEqual([])
  expect(await server.stop()).toBe(0)
  expect(problemsOf(server.dataDir)).toEqual([])
})
