// S5 and W4: SIGKILL at random moments while snapshots are being written, over and over, on the same two records.
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { rest } from '../support/rest-client.ts'
import { runCommand } from '../support/run-command.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const CYCLES = 4
/** A text gets a snapshot when its tail costs 64 KiB. */
const FILLER = 'x'.repeat(700)
const WRITERS = 12
const COUNTER = '/v1/records/items/counted'
const ROOM = 'articles/typed'

/** Increments by one, side by side, until the server dies. */
async function increment(
  server: ServerProcess,
  count: { sent: number; acknowledged: number },
): Promise<void> {
  for (;;) {
    count.sent += 1
    const answer = await rest(server.url, 'PATCH', COUNTER, { stock: { $increment: 1 } }).catch(() => null)
    if (answer === null) return
    if (answer.status === 200) count.acknowledged += 1
  }
}

function snapshotVersions(server: ServerProcess): Readonly<Record<string, number>> {
  const db = new Database(server.databaseFile, { readonly: true })
  try {
    const rows = db.prepare<[], { lane: string; version: number }>(
      'SELECT lane, MAX(version) AS version FROM sluice_snapshots GROUP BY lane',
    )
    return Object.fromEntries(rows.all().map(({ lane, version }) => [lane, version]))
  } finally {
    db.close()
  }
}

test('S5: no moment of a kill costs an acknowledged write or leaves a snapshot that lies', {
  timeout: 240_000,
}, async () => {
  await using server = await ServerProcess.start()
  await rest(server.url, 'PUT', COUNTER, { name: 'counted', stock: 0 })
  const random = new SeededRandom(5)
  const count = { sent: 0, acknowledged: 0 }
  const moved = { fields: 0, text: 0 }
  let shown: readonly string[] = []
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const before = snapshotVersions(server)
    const writer = new TextClient(server.socketUrl, ROOM)
    const reader = new TextClient(server.socketUrl, ROOM)
    await until(() => shown.every((line) => reader.text.includes(line)), 'all that was shown before')
    const writers = Array.from({ length: WRITERS }, () => increment(server, count))
    for (let n = 0; n < 120; n++) {
      writer.doc.transact(() => writer.typeParagraph(`${cycle}.${n}. ${FILLER}`))
      if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await until(() => {
      const { fields = 0, text = 0 } = snapshotVersions(server)
      return fields > (before.fields ?? 0) || text > (before.text ?? 0)
    }, 'a snapshot')
    await new Promise((resolve) => setTimeout(resolve, random.int(0, 300)))
    await server.kill()
    await Promise.all(writers)
    shown = reader.text.split('\n')
    for (const client of [writer, reader]) client.destroy()
    const after = snapshotVersions(server)
    if ((after.fields ?? 0) > (before.fields ?? 0)) moved.fields += 1
    if ((after.text ?? 0) > (before.text ?? 0)) moved.text += 1
    await server.start()
    const { stock } = (await rest(server.url, 'GET', COUNTER)).body.fields
    expect(stock).toBeGreaterThanOrEqual(count.acknowledged)
    expect(stock).toBeLessThanOrEqual(count.sent)
  }
  console.info('snapshots', moved, count)
  expect(moved.fields + moved.text).toBeGreaterThanOrEqual(CYCLES)
  expect(await server.stop()).toBe(0)
  expect(runCommand('verify', server.dataDir).output).toMatch(/^verified .*: 0 problems\n$/)
})
