/** What an error of SQLite means for the plans that met it (W5). */
import Database from 'better-sqlite3'
import type { CommitResult } from '../storage.ts'

export type Failure = Extract<CommitResult, { readonly status: 'failed' }>

/**
 * After these the file, or the kernel's idea of it, cannot be trusted any more: after a failed fsync the
 * next one may report success for data that was dropped.
 */
const FATAL = /^SQLITE_(CORRUPT|NOTADB|READONLY_DBMOVED|IOERR_(FSYNC|DIR_FSYNC|CORRUPTFS|DATA))/

/** Errors of a statement's own making; the transaction around it is as good as before. */
const OF_THE_PLAN = /^SQLITE_(CONSTRAINT|ERROR|MISMATCH|RANGE|TOOBIG)/

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Database.SqliteError))
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error), fatal: false }
  return { status: 'failed', reason: `${error.code}: ${error.message}`, fatal: FATAL.test(error.code) }
}

/** True for an error that spoils one plan and leaves the others of its batch alone. */
export const concernsOnePlan = (error: unknown): boolean =>
  !(error instanceof Database.SqliteError) || OF_THE_PLAN.test(error.code)
