// R4, E6–E8: the schema moves on while people are offline. Nothing is refused wholesale, everything is kept, and
// what the schema learns later shows in the tables; what was decided before stays decided by the schema of then (S8).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { rest } from '../support/rest-client.ts'
import { runCommand } from '../support/run-command.ts'
import { ServerProcess } from '../support/server-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-drift-'))
afterAll(() => rmSync(folder, { recursive: true }))
const config = join(folder, 'sluice.config.ts')

/** The schema from now on; the server reads it when it starts. */
const declare = (fields: string): void =>
  writeFileSync(
    config,
    `import { collection, defineConfig, s } from 'sluice'
    export default defineConfig({ schema: { tasks: collection({ ${fields} }) } })`,
  )

const BEFORE = `
  title: s.string(),
  size: s.string(),
  owner: s.string().critical(),
  deputy: s.string(),
  note: s.string(),
`
const AFTER = `
  title: s.string(),
  size: s.number(),
  owner: s.string().critical({ group: 'people' }),
  deputy: s.string().critical({ group: 'people' }),
  priority: s.number(),
  urgent: s.boolean(),
  code: s.string(),
  team: s.string().required(),
  grade: s.enum(['a', 'b']).required().default('b'),
`

let opIds = 0
async function upload(url: string, op: string, id: string, data: object): Promise<Record<string, unknown>> {
  const entry = { op_id: ++opIds, op, type: 'tasks', id, tx_id: opIds, data }
  const { body } = await rest(url, 'POST', '/v1/upload', { batch: [entry] })
  return body.results[0]
}

test('R4: a week offline across a change of the schema', async () => {
  declare(BEFORE)
  await using server = await ServerProcess.start({ SLUICE_CONFIG: config })
  const path = '/v1/records/tasks/t1'
  const ahead = { title: 'Paint', size: 'large', priority: 3, urgent: 1, code: 42, note: 'wet' }
  expect(await upload(server.url, 'PUT', 't1', ahead)).toMatchObject({
    status: 'applied',
    warnings: [{ field: 'priority' }, { field: 'urgent' }, { field: 'code' }],
  })
  const { etag } = await rest(server.url, 'PATCH', path, { owner: 'nobody', deputy: 'dan' })
  await rest(server.url, 'PATCH', path, { owner: 'ann' }, { 'if-match': etag })
  const held = await rest(server.url, 'PATCH', path, { owner: 'bob' }, { 'if-match': etag })
  const { conflictId } = held.body.outcomes.owner
  expect(await server.stop()).toBe(0)

  declare(AFTER)
  await server.start()
  const learned = (await rest(server.url, 'GET', path)).body
  expect(learned.fields).toEqual({
    title: 'Paint',
    size: null,
    owner: 'ann',
    deputy: 'dan',
    priority: 3,
    urgent: true,
    code: '42',
    team: null,
    grade: 'b',
  })
  expect(learned.disputed).toEqual({ owner: { conflictId, challengers: 1 } })
  const row = new Database(server.databaseFile, { readonly: true })
  expect(row.prepare('SELECT title, size, priority, urgent, code, owner_disputed FROM tasks').get()).toEqual({
    title: 'Paint',
    size: null,
    priority: 3,
    urgent: 1,
    code: '42',
    owner_disputed: 1,
  })
  row.close()

  // A client that knows the old schema only.
  const late = await upload(server.url, 'PATCH', 't1', { title: 'Paint it', size: 'huge', note: 'dry' })
  expect(late).toMatchObject({
    fields: { title: { outcome: 'applied' }, size: { outcome: 'rejected', code: 'invalid_value' } },
    warnings: [{ field: 'note' }],
  })
  expect(await upload(server.url, 'PUT', 't2', { title: 'Sand' })).toMatchObject({
    status: 'applied',
    warnings: [
      { field: 'team', message: 'required, left empty' },
      { field: 'grade', message: 'required, took its default' },
    ],
  })
  const log = (await rest(server.url, 'GET', '/v1/changes?collection=tasks&record=t1')).body.items
  for (const [field, newValue] of [
    ['size', 'huge'],
    ['note', 'dry'],
    ['urgent', 1],
  ])
    expect(log).toContainEqual(expect.objectContaining({ field, newValue }))

  // The conflict is one of the field it was opened for; the next one is one of the group.
  const { body: conflict } = await rest(server.url, 'GET', `/v1/conflicts/${conflictId}`)
  const seen = [conflict.incumbent.id, conflict.challengers[0].id]
  const decided = await rest(server.url, 'PUT', `/v1/conflicts/${conflictId}/resolution`, {
    choose: seen[1],
    seen,
  })
  expect([decided.status, decided.body.fields]).toEqual([200, ['owner']])
  const now = await rest(server.url, 'GET', path)
  expect(now.body).toMatchObject({ fields: { owner: 'bob', deputy: 'dan' }, disputed: {} })
  await rest(server.url, 'PATCH', path, { owner: 'cid' }, { 'if-match': now.etag })
  const mixed = await rest(server.url, 'PATCH', path, { deputy: 'eve' }, { 'if-match': now.etag })
  expect(mixed.body.outcomes.deputy.outcome).toBe('held')
  expect(Object.keys(mixed.body.disputed).sort()).toEqual(['deputy', 'owner'])

  expect(await server.stop()).toBe(0)
  const env = { SLUICE_CONFIG: config }
  expect(runCommand('compare', server.dataDir, [], env)).toMatchObject({
    output: expect.stringContaining('0 differences'),
  })
  expect(runCommand('verify', server.dataDir, [], env)).toMatchObject({ status: 0 })

  // And back: what the older schema does not know is out of sight, not lost.
  declare(BEFORE)
  await server.start()
  expect((await rest(server.url, 'GET', path)).body.fields).toMatchObject({
    size: 'large',
    note: 'dry',
    owner: 'cid',
  })
  await server.stop()
  expect(runCommand('compare', server.dataDir, [], env)).toMatchObject({
    output: expect.stringContaining('0 differences'),
  })
})
