// S10 and W4: SIGKILL at random moments while texts are typed and their updates joined, over and over.
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { runCommand } from '../support/run-command.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const CYCLES = 4
const ROOM = 'articles/typed'
const FILLER = 'x'.repeat(400)

/** Up to which version the text has been joined. */
function joinedThrough(server: ServerProcess): number {
  const db = new Database(server.databaseFile, { readonly: true })
  try {
    return db.prepare<[], number>('SELECT TOTAL(through) FROM sluice_compactions').pluck().get() ?? 0
  } finally {
    db.close()
  }
}

test('S10: no moment of a kill costs a line that was shown, or leaves a journal that does not hold', {
  timeout: 240_000,
}, async () => {
  await using server = await ServerProcess.start({
    SLUICE_TEXT_HISTORY_DAYS: '0',
    SLUICE_COMPACTION_INTERVAL_MS: '20',
    SLUICE_CHECKPOINT_INTERVAL_MS: '20',
  })
  const random = new SeededRandom(10)
  let shown: readonly string[] = []
  const reached: number[] = []
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const before = joinedThrough(server)
    const writer = new TextClient(server.socketUrl, ROOM)
    const reader = new TextClient(server.socketUrl, ROOM)
    await until(() => shown.every((line) => reader.text.includes(line)), 'all that was shown before')
    for (let line = 0; joinedThrough(server) === before; line++) {
      writer.doc.transact(() => writer.typeParagraph(`${cycle}.${line}. ${FILLER}`))
      await until(() => reader.text.includes(`${cycle}.${line}.`), 'the line')
    }
    for (let line = 0; line < 30; line++) writer.typeParagraph(`${cycle}, more: ${line}. ${FILLER}`)
    await new Promise((resolve) => setTimeout(resolve, random.int(0, 150)))
    await server.kill()
    shown = reader.text.split('\n')
    for (const client of [writer, reader]) client.destroy()
    reached.push(joinedThrough(server))
    await server.start()
  }
  console.info('joined through', reached)
  expect(reached.every((version, index) => version > (reached[index - 1] ?? 0))).toBe(true)
  expect(await server.stop()).toBe(0)
  expect(runCommand('verify', server.dataDir).output).toMatch(/^verified .*: 0 problems\n$/)
})
