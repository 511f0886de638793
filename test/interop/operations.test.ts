// O1–O4 on the real program: who may look into the server, and what he is told.
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { RepoClient } from '../support/repo-client.ts'
import type { RestAnswer } from '../support/rest-client.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, signToken } from '../support/sign-token.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

let server: ServerProcess
let operator: string
beforeAll(async () => {
  server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_OPERATOR_ROLES: 'operator, root' })
  operator = await signToken('olga', { roles: ['operator'] })
})
afterAll(() => server?.[Symbol.asyncDispose]())

const read = (path: string, token: string): Promise<RestAnswer> =>
  rest(server.url, 'GET', `/v1/${path}`, undefined, as(token))

test('O2: an operator is told the sessions of his tenant, a page at a time, and no others', async () => {
  const ada = await signToken('ada', { device: 'tablet' })
  const elsewhere = await signToken('eve', { tenant: 'ward-8', roles: ['operator'] })
  await rest(server.url, 'PUT', '/v1/records/articles/o2', { title: 'x' }, as(ada))
  const editor = new TextClient(server.socketUrl, 'articles/o2', 'body', ada)
  const repo = new RepoClient(server.socketUrl, 'ada', ada)
  const other = new WebSocket(`${server.socketUrl}/automerge?token=${elsewhere}`)
  await once(other, 'open')
  const { body } = await read('records/articles/o2', ada)
  await repo.find(body.automergeUrl)

  // An impatient adapter may have opened a socket more, which opens no record.
  const sessionsWith = async (records: number): Promise<readonly { readonly door: string }[]> =>
    (await read('operations/sessions', operator)).body.items.filter(
      (item: { records: number }) => item.records === records,
    )
  await until(async () => (await sessionsWith(1)).length === 2, 'both sessions to have the record open')
  const listed = (await read('operations/sessions', operator)).body.items
  for (const session of listed)
    expect(session).toMatchObject({
      subject: 'ada',
      device: 'tablet',
      since: expect.any(String),
      waitingBytes: 0,
    })
  expect((await sessionsWith(1)).map(({ door }) => door).sort()).toEqual(['automerge', 'yjs'])
  const first = (await read('operations/sessions?limit=1', operator)).body
  const others = (await read(`operations/sessions?cursor=${first.next}`, operator)).body
  expect([...first.items, ...others.items]).toEqual(listed)
  expect(others.next).toBeNull()
  expect((await read('operations/sessions', elsewhere)).body.items).toMatchObject([
    { subject: 'eve', records: 0 },
  ])

  const { sessions } = (await read('records/articles/o2/inspection', ada)).body
  expect(
    sessions.map(({ door, lanes }: { door: string; lanes: string[] }) => [door, ...lanes]).sort(),
  ).toEqual([
    ['automerge', 'fields'],
    ['yjs', 'text'],
  ])
  editor.destroy()
  repo.destroy()
  other.close()
  await until(async () => (await sessionsWith(1)).length === 0, 'the sessions to have left the record')
  expect((await read('records/articles/o2/inspection', ada)).body.sessions).toEqual([])
})

test('O2: the figures are those of now, and of the last minutes', async () => {
  const ada = await signToken('ada')
  const before = (await read('operations', operator)).body
  await rest(server.url, 'PUT', '/v1/records/articles/figures', { title: 'x' }, as(ada))
  const after = (await read('operations', operator)).body
  expect(after.server.since.commits).toBe(before.server.since.commits + 1)
  expect(after).toMatchObject({
    store: { state: 'ok' },
    tenant: { openConflicts: 0, oldestConflictAt: null, laggingTexts: 0 },
    window: { sampleMs: 5_000 },
  })
  const commits = await until(async () => {
    const { samples } = (await read('operations', operator)).body.window
    const sum = samples.reduce((all: number, one: { commits: number }) => all + one.commits, 0)
    return sum >= after.server.since.commits && sum
  }, 'a sample to end')
  expect(commits).toBe(after.server.since.commits)
})

test('O3: nobody else may look', async () => {
  const ada = await signToken('ada', { roles: ['doctor'] })
  expect(await read('operations', ada)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect((await read('operations/sessions', ada)).status).toBe(403)
  expect((await fetch(`${server.url}/metrics`, { headers: as(ada) })).status).toBe(403)
  expect((await read('operations', await signToken('r', { roles: ['root'] }))).status).toBe(200)
})

test('O3: in an open demo everybody may', async () => {
  await using open = await ServerProcess.start()
  const told = await fetch(`${open.url}/metrics`)
  expect(told.status).toBe(200)
  expect(told.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect((await rest(open.url, 'GET', '/v1/operations')).status).toBe(200)
})
