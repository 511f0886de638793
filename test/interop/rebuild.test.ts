// S3 through the program's own commands: tables and conflicts equal the journal, and can be made from it anew.
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { rest } from '../support/rest-client.ts'
import { runCommand } from '../support/run-command.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const tables = [
  'tickets',
  'tickets_labels',
  'patients',
  'patients_allergies',
  'items',
  'orders',
  'orders_lines',
  'articles',
]

function dump(file: string): Record<string, unknown> {
  const database = new Database(file, { readonly: true })
  const rows = Object.fromEntries(
    tables.map((table) => [table, database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all()]),
  )
  database.close()
  return rows
}

async function busyServer(): Promise<ServerProcess> {
  const server = await ServerProcess.start({ SLUICE_DEMO: 'true' })
  const { etag } = await rest(server.url, 'GET', '/v1/records/orders/O-1')
  await rest(
    server.url,
    'PATCH',
    '/v1/records/orders/O-1',
    { status: 'processing', lines: { 'nut-m8': 3 } },
    { 'if-match': etag },
  )
  await rest(server.url, 'DELETE', '/v1/records/tickets/T-2')
  const [conflict] = (await rest(server.url, 'GET', '/v1/conflicts')).body.items
  const seen = [conflict.incumbent.id, conflict.challengers[0].id]
  await rest(server.url, 'PUT', `/v1/conflicts/${conflict.id}/resolution`, { choose: seen[1], seen })
  await rest(server.url, 'DELETE', `/v1/conflicts/${conflict.id}/resolution`)
  await until(
    async () => (await rest(server.url, 'GET', '/v1/records/articles/welcome')).body.text.body !== '',
    'the texts',
  )
  await server.stop()
  return server
}

describe('npm run compare and npm run rebuild', () => {
  it('S3: the tables equal the journal, a tampered row is named, and a rebuild brings it back', async () => {
    await using server = await busyServer()
    const before = dump(server.databaseFile)
    expect(runCommand('compare', server.dataDir)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/compared 8 records .* 0 differences/),
    })

    const database = new Database(server.databaseFile)
    database.exec(
      "UPDATE patients SET heartRate = 1 WHERE id = 'P-1'; DELETE FROM tickets_labels; UPDATE articles SET body = 'forged'",
    )
    database.exec("UPDATE sluice_conflicts SET state = 'resolved'")
    database.close()
    const compared = runCommand('compare', server.dataDir)
    expect(compared.status).toBe(1)
    for (const named of ['patients, default:patients/P-1', 'tickets_labels', 'articles', 'conflict '])
      expect(compared.output).toContain(named)

    expect(runCommand('rebuild', server.dataDir)).toMatchObject({
      status: 0,
      output: expect.stringContaining('8 records'),
    })
    expect(dump(server.databaseFile)).toEqual(before)
    const again = runCommand('compare', server.dataDir)
    // Conflicts are no projected table: what was forged there is still told.
    expect(again.output.split('\n').filter((line) => line.includes('expected'))).toEqual([])
    expect(again.output).toContain('conflict ')
  })

  it('S3: refuses to work beside a running server', async () => {
    await using server = await ServerProcess.start()
    expect(runCommand('rebuild', server.dataDir)).toMatchObject({
      status: 1,
      output: expect.stringMatching(/another|in use|running/i),
    })
  })
})
