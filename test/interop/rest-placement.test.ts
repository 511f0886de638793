// A backend developer with curl and sqlite3, against the real program.
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

describe('REST writes are placed where their author was', () => {
  it('C1: with If-Match of an old version, a different field merges and a critical one is held', async () => {
    await using server = await ServerProcess.start()
    const created = await rest(server.url, 'POST', '/v1/records/patients', {
      id: 'P-1',
      name: 'Ada',
      diagnosis: 'flu',
      heartRate: 60,
    })
    expect(created.status).toBe(201)
    const old = { 'if-match': created.etag }
    await rest(server.url, 'PATCH', '/v1/records/patients/P-1', { diagnosis: 'covid' }, as('ann'))
    const merged = await rest(
      server.url,
      'PATCH',
      '/v1/records/patients/P-1',
      { heartRate: 88 },
      { ...old, ...as('bob') },
    )
    expect(merged.body).toMatchObject({
      fields: { heartRate: 88, diagnosis: 'covid' },
      outcomes: { heartRate: { outcome: 'applied' } },
      disputed: {},
    })
    const held = await rest(
      server.url,
      'PATCH',
      '/v1/records/patients/P-1',
      { diagnosis: 'rsv' },
      { ...old, ...as('cyd') },
    )
    expect(held.body).toMatchObject({
      fields: { diagnosis: 'covid' },
      outcomes: { diagnosis: { outcome: 'held' } },
    })
    expect(held.body.disputed.diagnosis.conflictId).toBe(held.body.outcomes.diagnosis.conflictId)
  })

  it('W4: an answered write survives a SIGKILL, with its conflict and its log', async () => {
    await using server = await ServerProcess.start()
    const created = await rest(server.url, 'POST', '/v1/records/patients', {
      id: 'P-2',
      name: 'Alan',
      diagnosis: 'flu',
    })
    await rest(
      server.url,
      'PATCH',
      '/v1/records/patients/P-2',
      { diagnosis: 'covid' },
      { ...as('ann'), 'if-match': created.etag },
    )
    const held = await rest(
      server.url,
      'PATCH',
      '/v1/records/patients/P-2',
      { diagnosis: 'rsv' },
      { ...as('bob'), 'if-match': created.etag },
    )
    await server.restart()
    const conflict = await rest(server.url, 'GET', `/v1/conflicts/${held.body.disputed.diagnosis.conflictId}`)
    expect(conflict.body).toMatchObject({
      state: 'open',
      inForce: 'covid',
      challengers: [{ value: 'rsv', author: 'bob' }],
    })
    // The planner's state, too, is back: a straggler joins the same conflict.
    const late = await rest(
      server.url,
      'PATCH',
      '/v1/records/patients/P-2',
      { diagnosis: 'mumps' },
      { ...as('cyd'), 'if-match': created.etag },
    )
    expect(late.body.disputed.diagnosis).toEqual({ conflictId: conflict.body.id, challengers: 2 })
    const database = new Database(server.databaseFile, { readonly: true })
    const log = database
      .prepare(
        "SELECT outcome, subject FROM sluice_field_changes WHERE field = 'diagnosis' ORDER BY position",
      )
      .all()
    database.close()
    expect(log).toEqual([
      { outcome: 'applied', subject: 'anonymous' },
      { outcome: 'applied', subject: 'ann' },
      { outcome: 'held', subject: 'bob' },
      { outcome: 'held', subject: 'cyd' },
    ])
  })
})

describe('npm start', () => {
  it('seeds the demo once, with one real conflict, and says what to try', async () => {
    await using server = await ServerProcess.start({ SLUICE_DEMO: 'true' })
    expect(server.output).toContain(server.url)
    expect(server.output).toContain(server.databaseFile)
    expect(server.output).toMatch(/Inbox\s+1 open conflict:/)
    expect(server.output).toContain('curl ')
    expect(server.output).toContain('sqlite3 ')
    const { body } = await rest(server.url, 'GET', '/v1/conflicts')
    expect(body.items).toMatchObject([{ fields: ['diagnosis'], base: 'influenza', recordId: 'P-1' }])
    expect(new Set([body.items[0].incumbent.author, body.items[0].challengers[0].author])).toEqual(
      new Set(['dr.hopper', 'nurse.jackson']),
    )
    const items = await rest(server.url, 'GET', '/v1/records/items/bolt-m8')
    expect(items.body.fields.stock).toBe(93)
    const article = await until(async () => {
      const { body: text } = await rest(
        server.url,
        'GET',
        '/v1/records/articles/welcome/text/body?format=markdown',
      )
      return text.startsWith('# Welcome to Sluice') ? text : null
    }, 'the article')
    expect(article).toContain('y-websocket')
    const page = await rest(server.url, 'GET', '/')
    expect(page.body).toContain('<div id="root">')
    await server.restart()
    expect(server.output).toMatch(/Inbox\s+1 open conflict:/)
  })

  it('refuses to serve other hosts without authentication, and a wrong schema, in clear words', async () => {
    await expect(ServerProcess.start({ SLUICE_HOST: '0.0.0.0' })).rejects.toThrow(/only loopback/)
    await expect(ServerProcess.start({ SLUICE_CONFIG: 'missing.config.ts' })).rejects.toThrow(
      /missing\.config\.ts/,
    )
  })
})
