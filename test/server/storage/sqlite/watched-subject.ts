/**
 * A store that keeps records as they were read, and reads all of them after every write: what it answers must be what
 * a store without memory reads from the same file (S1).
 */
import { expect } from 'vitest'
import { openReadConnection } from '../../../../server/storage/sqlite/connection.ts'
import { projectionShape } from '../../../../server/storage/sqlite/projection-shape.ts'
import { readRecord } from '../../../../server/storage/sqlite/read-records.ts'
import { RecordCache } from '../../../../server/storage/sqlite/record-cache.ts'
import { Statements } from '../../../../server/storage/sqlite/statements.ts'
import type { Storage } from '../../../../server/storage/storage.ts'
import type { ContractSubject } from '../../../contract/storage-contract.ts'
import { contractSchema } from '../../../contract/storage-contract.ts'
import { openSubject } from './sqlite-subject.ts'

const CACHE_BYTES = 1024 * 1024
const RECORDS_MAX = 100

export async function openWatchedSubject(): Promise<ContractSubject> {
  const subject = await openSubject(CACHE_BYTES)
  let schema = contractSchema
  const watched = (storage: Storage): Storage => {
    let isClosed = false
    let underway = 0
    return new Proxy(storage, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'close') isClosed = true
        if (!WRITES.has(name)) return member.bind(target)
        return async (...operands: readonly unknown[]) => {
          underway += 1
          const result: unknown = await member.apply(target, operands)
          underway -= 1
          // While another is being written, the two could be read on different sides of it.
          if (!isClosed && underway === 0) expect(await readAll(target)).toEqual(await readFresh(target))
          return result
        }
      },
    })
  }
  const readFresh = async (storage: Storage) => {
    const db = openReadConnection(subject.file)
    try {
      const reading = { sql: new Statements(db), shape: projectionShape(schema), cache: new RecordCache(0) }
      return (await storage.scanRecords(null, RECORDS_MAX)).map((key) => readRecord(reading, key))
    } finally {
      db.close()
    }
  }
  return {
    ...subject,
    storage: watched(subject.storage),
    reopen: async (next = contractSchema) => {
      schema = next
      return watched(await subject.reopen(next))
    },
  }
}

/** Whatever changes what a record shows. */
const WRITES: ReadonlySet<string | symbol> = new Set([
  'commit',
  'commitText',
  'erase',
  'writeTables',
  'resetProjection',
] satisfies readonly (keyof Storage)[])

const readAll = async (storage: Storage) =>
  Promise.all((await storage.scanRecords(null, RECORDS_MAX)).map((key) => storage.readRecord(key)))
