// The SDK's live objects against the real program: queries, the inbox, presence; servers and apps that go and come.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConflictNotice } from '../../../client/live-record.ts'
import { openText } from '../../../client/text/index.ts'
import config from '../../acceptance/sluice.config.ts'
import { rest } from '../../support/rest-client.ts'
import { until } from '../../support/until.ts'
import { AppStage } from './app-stage.ts'

let stage: AppStage<typeof config>
beforeAll(async () => {
  stage = await AppStage.open(config, {
    SLUICE_CONFIG: fileURLToPath(new URL('../../acceptance/sluice.config.ts', import.meta.url)),
  })
})
afterAll(() => stage?.close())

const call = async (method: string, path: string, body?: object, headers = {}) =>
  rest(stage.server.url, method, `/v1/records/${path}`, body, headers)

const idsIn = ({ rows }: { readonly rows: readonly { readonly id: string }[] }): readonly string[] =>
  rows.map(({ id }) => id)

/** A conflict on the diagnosis: flu, then cold, and angina beside it. */
async function dispute(id: string): Promise<void> {
  const { etag } = await call('PUT', `patients/${id}`, { diagnosis: 'flu' })
  await call('PATCH', `patients/${id}`, { diagnosis: 'cold' })
  await call('PATCH', `patients/${id}`, { diagnosis: 'angina' }, { 'if-match': etag })
}

describe('a live query', () => {
  test('K6: shows what others do, and own changes at once, where they belong', async () => {
    const anna = await stage.app()
    for (const [id, priority] of Object.entries({ a: 2, b: 1, c: 3 }))
      await call('PUT', `tasks/Q-${id}`, { title: id, priority, status: 'Q' })
    const query = anna.collection('tasks').query({
      where: { status: 'Q' },
      orderBy: { field: 'priority', descending: true },
    })
    expect(query.view).toMatchObject({ rows: [], status: 'loading' })
    await until(() => query.status === 'live', 'the query is told')
    expect(idsIn(query)).toEqual(['Q-c', 'Q-a', 'Q-b'])
    const { view } = query
    expect(query.view).toBe(view)
    expect(view.rows[0]).toMatchObject({ fields: { title: 'c', priority: 3, labels: [] }, disputed: {} })

    await call('PATCH', 'tasks/Q-b', { priority: 4 })
    await until(() => idsIn(query)[0] === 'Q-b', 'the change of another')
    // What has not changed is the same object.
    expect(query.rows[1]).toBe(view.rows[0])

    const shown: (readonly string[])[] = []
    query.subscribe(() => shown.push(idsIn(query)))
    const mine = anna.record('tasks', 'Q-a')
    await mine.current()
    shown.length = 0
    const change = mine.change((draft) => {
      draft.priority = 9
    })
    expect(idsIn(query)).toEqual(['Q-a', 'Q-b', 'Q-c'])
    expect(query.rows[0]).toMatchObject({ fields: { priority: 9 }, staged: new Set(['priority']) })
    await change.settled
    mine.close()
    await until(() => query.rows[0]?.staged.size === 0, 'it is confirmed')
    await until(
      async () => (await call('GET', 'tasks/Q-a')).etag.includes(query.rows[0]?.version ?? '?'),
      'told',
    )
    expect(new Set(shown.map(String))).toEqual(new Set(['Q-a,Q-b,Q-c']))

    const made = anna.record('tasks', 'Q-d')
    made.create({ title: 'd', status: 'Q' })
    expect(idsIn(query)).toEqual(['Q-a', 'Q-b', 'Q-c', 'Q-d'])
    expect(query.rows[3]).toMatchObject({ fields: { priority: 3 }, version: null, createdAt: null })
    await until(() => query.rows[3]?.createdAt, 'the server tells it')
    made.delete()
    expect(idsIn(query)).toEqual(['Q-a', 'Q-b', 'Q-c'])
    await anna.durable()
    anna.record('tasks', 'Q-c').change((draft) => {
      draft.status = 'gone'
    })
    expect(idsIn(query)).toEqual(['Q-a', 'Q-b'])
    await anna.durable()
    query.close()
  })

  test('grows on demand, and goes on behind a place', async () => {
    const anna = await stage.app()
    for (const id of ['1', '2', '3', '4', '5']) await call('PUT', `tasks/P-${id}`, { title: id, status: 'P' })
    const tasks = anna.collection('tasks')
    const query = tasks.query({ where: { status: 'P' }, limit: 2 })
    await until(() => query.status === 'live', 'the query is told')
    expect([idsIn(query), query.hasMore]).toEqual([['P-1', 'P-2'], true])
    const behind = tasks.query({ where: { status: 'P' }, limit: 2, after: query.view.next ?? '' })
    await until(() => behind.status === 'live', 'the next one is told')
    expect(idsIn(behind)).toEqual(['P-3', 'P-4'])
    expect(await query.loadMore()).toBe(true)
    await until(() => query.rows.length === 4, 'more rows')
    expect(await query.loadMore()).toBe(true)
    await until(() => query.rows.length === 5, 'all rows')
    expect([query.hasMore, await query.loadMore()]).toEqual([false, false])
  })

  test('what cannot be asked for throws at the line that asks, or does not compile', async () => {
    const tasks = (await stage.app()).collection('tasks')
    // @ts-expect-error a set is no value to ask for
    expect(() => tasks.query({ where: { labels: 'x' } })).toThrow('no such field to filter')
    // @ts-expect-error a priority is a number
    expect(() => tasks.query({ where: { priority: 'high' } })).toThrow('takes a finite number')
  })

  test('answers from the store while there is no server, also after the app was closed', async () => {
    const first = await stage.app('query')
    await call('PUT', 'tasks/S-1', { title: 'kept', status: 'S' })
    const asked = { where: { status: 'S' } } as const
    const before = first.collection('tasks').query(asked)
    await until(() => before.status === 'live', 'the query is told')
    await stage.server.kill()
    await until(() => before.status === 'stale', 'the connection is gone')
    first.record('tasks', 'S-2').create({ title: 'own', status: 'S' })
    expect(idsIn(before)).toEqual(['S-1', 'S-2'])
    await first.close()
    const second = await stage.app('query')
    const after = second.collection('tasks').query(asked)
    await until(() => after.status === 'stale', 'what is stored')
    expect(after.rows.map(({ id, fields }) => [id, fields.title])).toEqual([
      ['S-1', 'kept'],
      ['S-2', 'own'],
    ])
    await stage.server.start()
    second.connect()
    await second.durable()
    await until(
      () => after.status === 'live' && after.rows.every(({ createdAt }) => createdAt !== null),
      'told',
    )
    expect(idsIn(after)).toEqual(['S-1', 'S-2'])
  })
})

describe('the inbox', () => {
  test('counts, assigns, comments, decides and takes back; a decision that has not seen all is refused', async () => {
    const anna = await stage.app()
    const inbox = anna.inbox({ recordId: 'I-1' })
    await until(() => inbox.status === 'live', 'the inbox is told')
    expect([inbox.conflicts, inbox.counts]).toEqual([[], { groups: [], isWhole: true }])
    await dispute('I-1')
    await until(() => inbox.conflicts.length === 1, 'the conflict')
    const [conflict] = inbox.conflicts
    if (conflict === undefined) throw new Error('none')
    expect(inbox.counts?.groups).toEqual([{ collection: 'patients', state: 'open', count: 1 }])
    expect(await inbox.assign(conflict, 'ada')).toMatchObject({
      status: 'done',
      conflict: { assignee: 'ada', state: 'assigned' },
    })
    expect(await inbox.comment(conflict.id, 'asked the ward')).toMatchObject({ status: 'done' })
    await until(() => inbox.counts?.groups[0]?.state === 'assigned', 'the counts follow')

    const first = await call('PATCH', 'patients/I-1', { diagnosis: 'measles' })
    expect(first.status).toBe(200)
    const [angina] = conflict.challengers
    const refused = await inbox.resolve(conflict, { choose: angina?.id ?? '' })
    expect(refused).toMatchObject({ status: 'refused', code: 'stale_resolution' })
    if (refused.status !== 'refused') throw new Error('not refused')
    expect(refused.conflict?.challengers).toHaveLength(2)
    await until(() => inbox.conflicts[0]?.challengers.length === 2, 'the new side')
    expect(await inbox.resolve(conflict.id, { choose: angina?.id ?? '' })).toMatchObject({
      status: 'done',
      conflict: { state: 'resolved' },
    })
    await until(() => inbox.conflicts.length === 0, 'it is no longer open')
    expect(inbox.counts?.groups).toEqual([{ collection: 'patients', state: 'resolved', count: 1 }])
    expect(await inbox.takeBack(conflict)).toMatchObject({ status: 'done', conflict: { state: 'assigned' } })
    expect(await inbox.dismiss(conflict, 'a typing error')).toMatchObject({ status: 'refused' })
  })

  test('is read from the store offline, where nothing can be done', async () => {
    const first = await stage.app('inbox')
    await dispute('I-2')
    const asked = { recordId: 'I-2', collection: 'patients' } as const
    const before = first.inbox(asked)
    await until(() => before.conflicts.length === 1, 'the conflict')
    await first.close()
    await stage.server.kill()
    const second = await stage.app('inbox')
    const after = second.inbox(asked)
    await until(() => after.status === 'stale', 'what is stored')
    expect(after.conflicts).toEqual(before.conflicts)
    expect(after.counts?.groups).toEqual([{ collection: 'patients', state: 'open', count: 1 }])
    expect(await after.assign(after.conflicts[0]?.id ?? '', 'ada')).toEqual({ status: 'offline' })
    await stage.server.start()
    await second.close()
  })

  test('whose change is held, and who has the record open, is told apart from errors', async () => {
    const [anna, ben] = [await stage.app(), await stage.app()]
    await call('PUT', 'patients/I-3', { diagnosis: 'flu' })
    const [hers, his] = [anna.record('patients', 'I-3'), ben.record('patients', 'I-3')]
    await Promise.all([hers.current(), his.current()])
    const told: Record<string, ConflictNotice[]> = { anna: [], ben: [] }
    anna.onConflict((notice) => told.anna?.push(notice))
    ben.onConflict((notice) => told.ben?.push(notice))
    const form = hers.form()
    await his.change((draft) => {
      draft.diagnosis = 'cold'
    }).settled
    await until(() => hers.fields.diagnosis === 'cold', 'she sees it')
    const change = form.submit((draft) => {
      draft.diagnosis = 'angina'
    })
    expect((await change.settled).status).toBe('held')
    await until(() => told.ben?.length === 1, 'he is told')
    const about = { collection: 'patients', recordId: 'I-3', fields: ['diagnosis'] }
    expect(told.anna).toMatchObject([{ ...about, change: change.id, conflict: { inForce: 'cold' } }])
    expect(told.ben).toMatchObject([{ ...about, change: null, conflict: { inForce: 'cold' } }])
  })
})

describe('presence', () => {
  test('K8: of a record, with those who edit its text', async () => {
    const [anna, ben] = [await stage.app(), await stage.app()]
    await call('PUT', 'tasks/W-1', { title: 'a' })
    const hers = anna.record('tasks', 'W-1').presence()
    hers.set({ name: 'Anna' })
    const his = ben.record('tasks', 'W-1').presence()
    const text = await openText(ben, 'tasks', 'W-1')
    text.awareness.setLocalState({ name: 'Ben, writing' })
    await until(() => his.others.length === 2 && hers.others.length === 1, 'all see who is there')
    expect(hers.others.map(({ state }) => state)).toEqual([{ name: 'Ben, writing' }])
    await until(() => text.awareness.getStates().size === 2, 'the editor sees her')
    hers.set({ name: 'Anna', field: 'title' })
    await until(() => his.others.some(({ state }) => state.field === 'title'), 'what she does')
    expect(hers.me?.state).toEqual({ name: 'Anna', field: 'title' })
    await stage.server.kill()
    await until(() => hers.others.length === 0 && !hers.view.isLive, 'nobody knows')
    await stage.server.start()
    anna.connect()
    ben.connect()
    await until(() => his.others.some(({ state }) => state.field === 'title'), 'she is there again')
    hers.close()
    await until(() => his.others.every(({ state }) => state.name !== 'Anna'), 'she has left')
  })
})
