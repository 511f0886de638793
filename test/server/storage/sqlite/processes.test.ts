import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import { contractSchema } from '../../../contract/storage-contract.ts'
import { newFolder } from './sqlite-subject.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'sluice.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Holder {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
}

function holdStore(): Holder {
  const script = fileURLToPath(new URL('./hold-store.ts', import.meta.url))
  const process = spawn(globalThis.process.execPath, ['--import', 'tsx', script, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { process, lines: createInterface({ input: process.stdout })[Symbol.asyncIterator]() }
}

async function kill(holder: Holder): Promise<void> {
  holder.process.kill('SIGKILL')
  await once(holder.process, 'exit')
}

test('W4: what was acknowledged survives SIGKILL, and the store opens again', async () => {
  const holder = holdStore()
  expect((await holder.lines.next()).value).toBe('open')
  const acknowledged: string[] = []
  while (acknowledged.length < 40) acknowledged.push((await holder.lines.next()).value)
  await kill(holder)

  const storage = await openSqliteStorage({ file, schema: contractSchema })
  const stored = new Set((await storage.scanRecords(null, 100_000)).map(({ id }) => `committed ${id}`))
  expect(acknowledged.filter((line) => !stored.has(line))).toEqual([])
  await storage.close()
})

test('a second server is refused while the first one lives, in its process or another', async () => {
  const first = await openSqliteStorage({ file, schema: contractSchema })
  await expect(openSqliteStorage({ file, schema: contractSchema })).rejects.toThrow(
    `Another Sluice server has ${file} open`,
  )
  const second = holdStore()
  expect((await second.lines.next()).value).toMatch(/^refused Another Sluice server has /)
  await first.close()
  const third = await openSqliteStorage({ file, schema: contractSchema })
  await third.close()
})

test('a server that was killed leaves no lock behind', async () => {
  const holder = holdStore()
  expect((await holder.lines.next()).value).toBe('open')
  await expect(openSqliteStorage({ file, schema: contractSchema })).rejects.toThrow('Another Sluice server')
  await kill(holder)
  const storage = await openSqliteStorage({ file, schema: contractSchema })
  await storage.close()
})
