import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWriteConnection } from '../../../server/storage/sqlite/connection.ts'
import { changedHeads } from '../../../server/storage/sqlite/read-audit.ts'
import { listFieldChanges } from '../../../server/storage/sqlite/read-log.ts'
import { openSqliteStorage } from '../../../server/storage/sqlite/sqlite-storage.ts'
import { Statements } from '../../../server/storage/sqlite/statements.ts'
import type { JsonObject } from '../../../shared/json.ts'
import { fieldsPlan, newKey, textPlan } from '../../contract/storage/plan-fixture.ts'
import { contractSchema, storageContract } from '../../contract/storage-contract.ts'
import { openSubject, type SqliteSubject } from './sqlite/sqlite-subject.ts'
import { openWatchedSubject } from './sqlite/watched-subject.ts'

storageContract('SQLite', openSubject)
storageContract('SQLite with records kept as they were read', openWatchedSubject)

describe('the SQLite driver', () => {
  let subject: SqliteSubject
  beforeAll(async () => {
    subject = await openSubject()
  })
  afterAll(() => subject.cleanup())

  test('W4: the write connection is durable: WAL with full synchronization', () => {
    const db = openWriteConnection(subject.file)
    const pragma = (name: string) => db.pragma(name, { simple: true })
    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('synchronous')).toBe(2)
    expect(pragma('foreign_keys')).toBe(1)
    expect(pragma('busy_timeout')).toBe(5_000)
    expect(pragma('journal_size_limit')).toBe(64 * 1024 * 1024)
    db.close()
  })

  test('W4: a lone commit goes at once; commits that arrive meanwhile share transactions', async () => {
    const { storage } = subject
    const start = storage.transactions
    for (let index = 0; index < 3; index++) await storage.commit(fieldsPlan(newKey(), 0, 1))
    expect(storage.transactions - start).toBe(3)
    const results = await Promise.all(
      Array.from({ length: 200 }, () => storage.commit(fieldsPlan(newKey(), 0, 1))),
    )
    expect(results.every(({ status }) => status === 'committed')).toBe(true)
    // The first goes alone, the other 199 while it is being written.
    expect(storage.transactions - start - 3).toBe(2)
  })

  test('a burst that is larger than one batch is written in several', async () => {
    const { storage } = subject
    const start = storage.transactions
    await Promise.all(Array.from({ length: 600 }, () => storage.commit(fieldsPlan(newKey(), 0, 1))))
    expect(storage.transactions - start).toBe(4)
  })

  test('W5: a plan that no thread can be sent fails alone', async () => {
    // What the types rule out, as a bug elsewhere would let it through.
    const payload = { callback: () => 1 } as unknown as JsonObject
    const plans = [0, 1, 2, 3].map(() => fieldsPlan(newKey(), 0, 1))
    const results = await Promise.all(
      plans.map((plan, index) =>
        subject.storage.commit(index === 2 ? { ...plan, outbox: [{ id: 'e1', event: 'x', payload }] } : plan),
      ),
    )
    expect(results.map(({ status }) => status)).toEqual(['committed', 'committed', 'failed', 'committed'])
    expect(results[2]).toMatchObject({ fatal: false })
  })

  test('people can read the system tables: JSON is text, times are ISO 8601', async () => {
    const key = newKey('readable')
    await subject.storage.commit(fieldsPlan(key, 0, 1))
    const db = new Database(subject.file, { readonly: true })
    const row = db
      .prepare(
        `SELECT lane, version, typeof(version) AS type, metadata ->> '$.app.version' AS app, received_at
          FROM sluice_journal JOIN sluice_records USING (record) WHERE tenant = 'readable'`,
      )
      .get()
    db.close()
    expect(row).toEqual({
      lane: 'fields',
      version: 1,
      type: 'integer',
      app: '1.2',
      received_at: '2026-03-01T09:00:01.000Z',
    })
  })

  test('S7: finding the heads that changed reads no more of the journal than lies behind the position', async () => {
    await subject.storage.commit(textPlan(newKey(), 0, 1))
    const db = new Database(subject.file, { readonly: true })
    const asked: string[] = []
    const sql = new Statements(db)
    const prepare = sql.prepare.bind(sql)
    Object.assign(sql, {
      prepare: (text: string) => {
        asked.push(text)
        return prepare(text)
      },
    })
    expect(changedHeads(sql, 0, 9)).not.toBeNull()
    const steps = asked
      .filter((text) => text.startsWith('SELECT'))
      .flatMap((text) => db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(0, 9) as { readonly detail: string }[])
      .map(({ detail }) => detail)
    db.close()
    expect(steps.filter((step) => /rowid>\?/.test(step))).toHaveLength(2)
    expect(steps.filter((step) => step.startsWith('SCAN sluice'))).toEqual([])
  })

  test('S4: no filter of the change log gathers and sorts: a page costs what it shows', () => {
    const db = new Database(subject.file, { readonly: true })
    const plans: string[] = []
    const spy = new Statements(db)
    const prepare = spy.prepare.bind(spy)
    const explained = Object.assign(spy, {
      prepare: (sql: string) => {
        const statement = prepare(`EXPLAIN QUERY PLAN ${sql}`)
        return {
          all: (...operands: unknown[]) => {
            const steps = statement.all(...operands) as { readonly detail: string }[]
            plans.push(steps.map(({ detail }) => detail).join('; '))
            return []
          },
        }
      },
    })
    for (const order of ['newest', 'oldest'] as const)
      for (const filter of [
        {},
        { collection: 'patients' },
        { collection: 'patients', recordId: 'r' },
        { subject: 'ada' },
        { outcomes: ['superseded'] as const },
        { outcomes: ['superseded', 'rejected'] as const },
        { outcomes: ['superseded'] as const, subject: 'ada' },
      ])
        listFieldChanges(explained, { tenant: 't', ...filter, order, after: 7, cursor: null, limit: 5 })
    db.close()
    expect(plans).toHaveLength(14)
    for (const plan of plans) expect(plan).toMatch(/^SEARCH sluice_field_changes USING INDEX [^;]*$/)
  })

  test('a closed store leaves one tidy file: no WAL, no shared memory', async () => {
    const other = await openSubject()
    await other.storage.commit(fieldsPlan(newKey(), 0, 1))
    await other.storage.close()
    expect(['', '-wal', '-shm'].map((suffix) => existsSync(other.file + suffix))).toEqual([
      true,
      false,
      false,
    ])
    await other.cleanup()
  })

  test('a store in memory is refused', async () => {
    await expect(openSqliteStorage({ file: ':memory:', schema: contractSchema })).rejects.toThrow(RangeError)
  })
})
