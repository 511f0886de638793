import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { concernsOnePlan, failureOf } from '../../../../server/storage/sqlite/store-failure.ts'

const sqliteError = (code: string) => new Database.SqliteError('went wrong', code)

describe('W5: what an error means for the store', () => {
  test.each([
    'SQLITE_IOERR_FSYNC',
    'SQLITE_IOERR_DIR_FSYNC',
    'SQLITE_CORRUPT',
    'SQLITE_CORRUPT_VTAB',
    'SQLITE_NOTADB',
  ])('%s: it cannot be trusted any more', (code) => {
    expect(failureOf(sqliteError(code))).toEqual({
      status: 'failed',
      fatal: true,
      reason: `${code}: went wrong`,
    })
    expect(concernsOnePlan(sqliteError(code))).toBe(false)
  })

  test.each(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY', 'SQLITE_READONLY', 'SQLITE_NOMEM'])(
    '%s: the batch is lost, the store is not',
    (code) => {
      expect(failureOf(sqliteError(code))).toMatchObject({ fatal: false })
      expect(concernsOnePlan(sqliteError(code))).toBe(false)
    },
  )

  test.each(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_ERROR', 'SQLITE_TOOBIG'])('%s: one plan is lost', (code) => {
    expect(failureOf(sqliteError(code))).toMatchObject({ fatal: false })
    expect(concernsOnePlan(sqliteError(code))).toBe(true)
  })

  test('an error of the driver itself loses one plan, and says what it was', () => {
    expect(concernsOnePlan(new RangeError('no such text'))).toBe(true)
    expect(failureOf(new RangeError('no such text'))).toEqual({
      status: 'failed',
      fatal: false,
      reason: 'no such text',
    })
  })
})
