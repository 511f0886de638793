/**
 * A process of its own for tests: opens the store that its argument names, says `open`, then commits record
 * after record and says each one's id once it is acknowledged, until it is killed. Says why if it cannot.
 */
import { writeSync } from 'node:fs'
import { openSqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import { fieldsPlan, newKey } from '../../../contract/storage/plan-fixture.ts'
import { contractSchema } from '../../../contract/storage/subject.ts'

const STDOUT = 1
const say = (line: string): void => {
  writeSync(STDOUT, `${line}\n`)
}

try {
  const storage = await openSqliteStorage({ file: process.argv[2] ?? '', schema: contractSchema })
  say('open')
  for (;;) {
    const keys = Array.from({ length: 5 }, () => newKey())
    const commits = keys.map(async (key) => {
      const { status } = await storage.commit(fieldsPlan(key, 0, 1))
      say(`${status} ${key.id}`)
    })
    await Promise.all(commits)
  }
} catch (error) {
  say(`refused ${error instanceof Error ? error.message : error}`)
}
