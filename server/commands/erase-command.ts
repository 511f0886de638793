/** `sluice erase <collection>/<id>`: erases a record of a store whose server is stopped (E7). */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SluiceError } from '../../shared/errors/error-table.ts'
import { DEFAULT_TENANT, type RecordKey, roomName } from '../../shared/record/record-key.ts'
import { plainCollection } from '../../shared/schema/schema.ts'
import { eraseRecord } from '../rooms/erase-record.ts'
import { openSqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import { operatorOrigin } from './operator-origin.ts'
import type { CommandParts } from './projection-commands.ts'

export const ERASE_USAGE = 'erase <collection>/<id> --reason <text> [--tenant <name>] [--allow-new]'

interface EraseOperands {
  readonly key: RecordKey
  readonly reason: string
  readonly allowNew: boolean
}

/** Null if they are not what the command takes. */
export function readEraseOperands(operands: readonly string[]): EraseOperands | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...operands],
      allowPositionals: true,
      options: {
        reason: { type: 'string' },
        tenant: { type: 'string', default: DEFAULT_TENANT },
        'allow-new': { type: 'boolean', default: false },
      },
    })
    const [name, ...others] = positionals
    const [, collection, id] = /^([^/]+)\/(.+)$/.exec(name ?? '') ?? []
    const { reason = '', tenant, 'allow-new': allowNew } = values
    if (collection === undefined || id === undefined || others.length > 0 || reason === '') return null
    return { key: { tenant, collection, id }, reason, allowNew }
  } catch {
    return null
  }
}

/** @returns the exit code: 1 if nothing was erased, or the files may still hold it. */
export async function runErase(
  { schema, settings, write }: CommandParts,
  { key, reason, allowNew }: EraseOperands,
): Promise<number> {
  const storage = await openSqliteStorage({ file: join(settings.dataDir, 'sluice.db'), schema })
  try {
    const collection = schema.get(key.collection) ?? plainCollection(key.collection)
    const origin = operatorOrigin('sluice erase', new Date().toISOString())
    const { entries, erasure } = await eraseRecord(storage, key, collection, { reason, allowNew, origin })
    write(
      `erased ${key.tenant}:${roomName(key)}: ${entries} journal entries; its epoch is ${erasure.epoch} now`,
    )
    if (!(await storage.erasureIsPending())) return 0
    write('the files may still hold it: end what reads the store, and start the server or this command again')
    return 1
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    write(`nothing was erased: ${error.message}`)
    return 1
  } finally {
    await storage.close()
  }
}
