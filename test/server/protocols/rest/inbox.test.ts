// C5–C8 over REST: several persons with different roles work on conflicts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InboxRest } from './inbox-bench.ts'
import { at, openInbox, seenIn } from './inbox-bench.ts'
import type { Answer } from './rest-bench.ts'

let inbox: InboxRest
beforeAll(async () => {
  inbox = await openInbox()
})
afterAll(() => inbox.rest.close())

const brief = ({ status, body }: Answer) => [status, body.code ?? body.state]
const typesOf = ({ events }: Answer['body']) => events.map(({ type }: { type: string }) => type)

describe('C7: assigning and commenting', () => {
  test('C7: takes the right to decide, and is found again in the list', async () => {
    const conflict = await inbox.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const path = at(conflict)
    expect(brief(await inbox.as('nan', 'PATCH', path, { assignee: 'dora' }))).toEqual([403, 'forbidden'])
    expect(brief(await inbox.as('nan', 'POST', `${path}/comments`, { text: 'x' }))).toEqual([
      403,
      'forbidden',
    ])
    const assigned = await inbox.as('lee', 'PATCH', path, { assignee: 'dora' })
    expect([...brief(assigned), assigned.body.assignee]).toEqual([200, 'assigned', 'dora'])
    const commented = await inbox.as('dora', 'POST', `${path}/comments`, { text: 'call the ward' })
    expect(commented.status).toBe(201)
    expect(commented.body.events.at(-1)).toMatchObject({
      type: 'commented',
      author: 'dora',
      text: 'call the ward',
    })
    const list = async (query: string) => {
      const { body } = await inbox.as('nan', 'GET', `/v1/conflicts?record=${conflict.recordId}&${query}`)
      return body.items.map(({ id }: { id: string }) => id)
    }
    for (const query of ['assignee=dora', 'state=assigned', 'field=diagnosis', 'author=bob', 'kind=set-set'])
      expect(await list(query)).toEqual([conflict.id])
    for (const query of ['assignee=none', 'assignee=lee', 'field=dose', 'author=dora', 'kind=dead-letter'])
      expect(await list(query)).toEqual([])
    expect((await inbox.as('dora', 'PATCH', path, { assignee: null })).body).toMatchObject({
      state: 'open',
      assignee: null,
    })
  })

  test.each([
    ['PATCH', '', { assignee: '' }, 'assignee'],
    ['PATCH', '', {}, 'assignee'],
    ['POST', '/comments', { text: '' }, 'text'],
    ['POST', '/comments', { text: 'x'.repeat(4097) }, 'text'],
    ['PUT', '/dismissal', { seen: [] }, 'note'],
    ['PUT', '/approval', {}, 'proposal'],
    ['PUT', '/resolution', { value: 1, values: {}, seen: [] }, 'choose'],
    ['PUT', '/resolution', { values: { diagnosis: 'x' }, seen: [] }, 'values'],
  ])('%s %s is refused, naming the member', async (method, rest, body, member) => {
    const conflict = await inbox.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const refused = await inbox.as('dora', method, at(conflict, rest), body)
    expect([refused.status, refused.body.member]).toEqual([400, member])
  })
})

describe('C7: two persons', () => {
  test('C7: the second approver is another person with the role; then it is in force', async () => {
    const conflict = await inbox.dispute({ dose: 7 }, { dose: 9, unit: 'ml' })
    const path = `/v1/records/patients/${conflict.recordId}`
    const decision = { values: { dose: 8, unit: 'mg' }, seen: seenIn(conflict), note: 'weighed again' }
    expect(brief(await inbox.as('nan', 'PUT', at(conflict, '/resolution'), decision))).toEqual([
      403,
      'forbidden',
    ])
    const proposed = await inbox.as('dora', 'PUT', at(conflict, '/resolution'), decision)
    expect(brief(proposed)).toEqual([202, 'awaiting-approval'])
    expect(proposed.body.proposal).toMatchObject({ id: 'p1', author: 'dora', value: { dose: 8, unit: 'mg' } })
    expect((await inbox.as('nan', 'GET', path)).body).toMatchObject({
      fields: { dose: 7 },
      disputed: { dose: {}, unit: {} },
    })
    const approve = (person: 'nan' | 'dora' | 'lee', proposal = 'p1') =>
      inbox.as(person, 'PUT', at(conflict, '/approval'), { proposal })
    expect(brief(await approve('nan'))).toEqual([403, 'forbidden'])
    expect(brief(await approve('dora'))).toEqual([403, 'same_approver'])
    expect(brief(await approve('lee', 'p2'))).toEqual([409, 'stale_resolution'])
    const approved = await approve('lee')
    expect(brief(approved)).toEqual([200, 'resolved'])
    expect(approved.body.resolution).toMatchObject({
      author: 'dora',
      approvals: [{ author: 'lee' }],
      note: 'weighed again',
    })
    expect((await inbox.as('nan', 'GET', path)).body).toMatchObject({
      fields: { dose: 8, unit: 'mg' },
      disputed: {},
    })
    const history = (await inbox.as('nan', 'GET', `${path}/history?limit=200`)).body.items
    expect(history.map(({ outcome, author }: Record<string, string>) => `${outcome} ${author}`)).toEqual(
      expect.arrayContaining(['pending dora', 'applied lee']),
    )
  })

  test('C7: of linked fields every role is asked; withdrawing and a new side end a proposal', async () => {
    const conflict = await inbox.dispute({ dose: 7 }, { dose: 9 })
    const propose = async () => {
      const now = (await inbox.as('nan', 'GET', at(conflict))).body
      const body = { choose: now.challengers[0].id, seen: seenIn(now) }
      return inbox.as('phil', 'PUT', at(conflict, '/resolution'), body)
    }
    expect(brief(await propose())).toEqual([202, 'awaiting-approval'])
    expect(brief(await inbox.as('dora', 'DELETE', at(conflict, '/proposal')))).toEqual([200, 'open'])
    expect(brief(await inbox.as('dora', 'DELETE', at(conflict, '/proposal')))).toEqual([409, 'no_proposal'])
    await propose()
    await inbox.as('bob', 'PATCH', `/v1/records/patients/${conflict.recordId}`, { dose: 10 })
    const refused = await inbox.as('lee', 'PUT', at(conflict, '/approval'), { proposal: 'p2' })
    expect(brief(refused)).toEqual([409, 'no_proposal'])
    expect(typesOf(refused.body.conflict)).toEqual([
      'opened',
      'proposed',
      'withdrawn',
      'proposed',
      'challenged',
      'voided',
    ])
  })
})

describe('C7: dismissing', () => {
  test('C6: a dismissal keeps what is in force, and is taken back or reopened by a straggler', async () => {
    const conflict = await inbox.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const path = `/v1/records/patients/${conflict.recordId}`
    const before = (await inbox.as('nan', 'GET', `${path}/history?limit=200`)).body.items.at(-1).version
    const dismiss = () =>
      inbox.as('dora', 'PUT', at(conflict, '/dismissal'), { note: 'same illness', seen: seenIn(conflict) })
    expect(brief(await dismiss())).toEqual([200, 'dismissed'])
    expect(brief(await dismiss())).toEqual([409, 'stale_resolution'])
    expect((await inbox.as('nan', 'GET', path)).body).toMatchObject({
      fields: { diagnosis: 'flu' },
      disputed: {},
    })
    expect(brief(await inbox.as('lee', 'DELETE', at(conflict, '/resolution')))).toEqual([200, 'reopened'])
    expect(brief(await dismiss())).toEqual([200, 'dismissed'])
    await inbox.as('bob', 'PATCH', path, { diagnosis: 'mumps' }, { 'If-Match': `"${before}"` })
    const { body } = await inbox.as('nan', 'GET', at(conflict))
    expect(body).toMatchObject({ state: 'reopened', inForce: 'flu', resolution: null })
    expect(typesOf(body)).toEqual(['opened', 'dismissed', 'undone', 'dismissed', 'reopened'])
    expect(body.events[3].resolution).toMatchObject({ author: 'dora', note: 'same illness', dismisses: true })
  })

  test('C5: a stale dismissal is refused with the new side', async () => {
    const conflict = await inbox.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    await inbox.as('bob', 'PATCH', `/v1/records/patients/${conflict.recordId}`, { diagnosis: 'rsv' })
    const body = { note: 'no', seen: seenIn(conflict) }
    const refused = await inbox.as('dora', 'PUT', at(conflict, '/dismissal'), body)
    expect(brief(refused)).toEqual([409, 'stale_resolution'])
    expect(refused.body.conflict.challengers).toHaveLength(2)
  })

  test('M4: whether a record is deleted is decided like a field', async () => {
    const created = await inbox.as('nan', 'PUT', '/v1/records/patients/gone', { name: 'Ada' })
    const headers = { 'If-Match': created.headers.get('ETag') ?? '' }
    await inbox.as('nan', 'DELETE', '/v1/records/patients/gone', undefined, headers)
    await inbox.as('bob', 'PATCH', '/v1/records/patients/gone', { name: 'Eve' }, headers)
    const { body } = await inbox.as('nan', 'GET', '/v1/conflicts?record=gone&field=_deleted')
    const [conflict] = body.items
    expect(conflict).toMatchObject({ fields: ['_deleted'], kind: 'delete-update' })
    const decision = { choose: conflict.challengers[0].id, seen: seenIn(conflict) }
    expect(brief(await inbox.as('nan', 'PUT', at(conflict, '/resolution'), decision))).toEqual([
      200,
      'resolved',
    ])
    expect((await inbox.as('nan', 'GET', '/v1/records/patients/gone')).body.fields.name).toBe('Eve')
  })
})

describe('C9: dead letters', () => {
  const upload = (table: string, id: string, data: Record<string, string | number>) =>
    inbox.as('bob', 'POST', '/v1/upload', {
      batch: [{ op_id: Date.now() + Math.random(), op: 'PUT', type: table, id, data }],
    })
  const letterOf = async (record: string) =>
    (await inbox.as('nan', 'GET', `/v1/conflicts?kind=dead-letter&record=${record}`)).body.items[0]

  test('C9: its values are corrected as a write of who corrects them', async () => {
    await upload('patients', 'dl1', { name: 'Ada', dose: 'a lot' })
    const letter = await letterOf('dl1')
    const put = (body: Record<string, unknown>) =>
      inbox.as('nan', 'PUT', at(letter, '/resolution'), { ...body, seen: ['refused'] } as never)
    expect(brief(await put({ choose: 'refused' }))).toEqual([400, 'bad_request'])
    expect(brief(await put({ values: { dose: 'more' } }))).toEqual([422, 'invalid_value'])
    const corrected = await put({ values: { dose: 6 }, note: 'asked the ward' })
    expect(brief(corrected)).toEqual([200, 'resolved'])
    expect(corrected.body.outcomes).toMatchObject({ dose: { outcome: 'applied' } })
    const { body } = await inbox.as('nan', 'GET', '/v1/records/patients/dl1')
    expect(body.fields.dose).toBe(6)
    expect(brief(await put({ values: { dose: 7 } }))).toEqual([409, 'not_open'])
    expect(brief(await inbox.as('nan', 'DELETE', at(letter, '/resolution')))).toEqual([409, 'not_open'])
    expect((await inbox.as('nan', 'GET', at(letter))).body.resolution).toMatchObject({
      author: 'nan',
      value: { dose: 6 },
    })
  })

  test('C9: of a collection that there is not it can only be dismissed', async () => {
    await upload('ghosts', 'g1', { name: 'Boo' })
    const letter = await letterOf('g1')
    expect(letter.collection).toBe('ghosts')
    const correction = { values: { name: 'x' }, seen: ['refused'] }
    expect(brief(await inbox.as('nan', 'PUT', at(letter, '/resolution'), correction))).toEqual([
      409,
      'not_correctable',
    ])
    expect(brief(await inbox.as('nan', 'PATCH', at(letter), { assignee: 'nan' }))).toEqual([200, 'assigned'])
    const dismissal = { note: 'an old app', seen: ['refused'] }
    expect(brief(await inbox.as('nan', 'PUT', at(letter, '/dismissal'), dismissal))).toEqual([
      200,
      'dismissed',
    ])
    expect((await inbox.as('nan', 'GET', '/v1/conflicts?record=g1&state=dismissed')).body.items).toHaveLength(
      1,
    )
  })
})

test('C3: after all this the journal alone gives the inbox, the log and the tables that are stored', async () => {
  const { body } = await inbox.as('nan', 'GET', '/v1/conflicts?limit=200')
  const states = new Set(body.items.map(({ state }: { state: string }) => state))
  expect(states).toEqual(new Set(['open', 'resolved', 'reopened', 'dismissed']))
  expect(await inbox.differences()).toEqual([])
})
