// Bulk resolution over REST: a dry run that counts first, and a real run that decides each on its own.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Json } from '../../../../shared/json.ts'
import type { InboxRest } from './inbox-bench.ts'
import { at, openInbox, seenIn } from './inbox-bench.ts'
import type { Answer } from './rest-bench.ts'

let inbox: InboxRest
beforeEach(async () => {
  inbox = await openInbox()
})
afterEach(() => inbox.rest.close())

const bulk = (person: 'nan' | 'dora' | 'lee', body: Record<string, Json>) =>
  inbox.as(person, 'POST', '/v1/conflicts/bulk', body)
const statusesOf = ({ body }: Answer) => body.results.map(({ status }: { status: string }) => status)
const incumbent = { choose: 'incumbent' }

test('C7: a dry run counts by field and kind, says what the caller may not decide, and changes nothing', async () => {
  const ids = []
  for (const value of ['a', 'b', 'c'])
    ids.push((await inbox.dispute({ diagnosis: 'x' }, { diagnosis: value })).id)
  const bed = await inbox.dispute({ bed: '2' }, { bed: '3' })
  const dry = await bulk('nan', { filter: { collection: 'patients' }, action: incumbent, dryRun: true })
  expect(dry.body).toEqual({
    dryRun: true,
    count: 4,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    forbidden: 3,
    groups: [
      { collection: 'patients', kind: 'set-set', fields: ['bed'], count: 1, forbidden: 0, sample: [bed.id] },
      {
        collection: 'patients',
        kind: 'set-set',
        fields: ['diagnosis'],
        count: 3,
        forbidden: 3,
        sample: [...ids].reverse(),
      },
    ],
    next: null,
  })
  expect((await inbox.as('nan', 'GET', '/v1/conflicts?state=open')).body.items).toHaveLength(4)
  const run = await bulk('nan', { filter: {}, action: incumbent, dryRun: false, expected: 4 })
  expect(statusesOf(run)).toEqual(['decided', 'forbidden', 'forbidden', 'forbidden'])
})

test('C5: the real run is refused when a conflict has changed since the dry run, and does nothing', async () => {
  const conflict = await inbox.dispute({ diagnosis: 'a' }, { diagnosis: 'b' })
  await inbox.dispute({ diagnosis: 'a' }, { diagnosis: 'b' })
  const request = {
    filter: { field: 'diagnosis' },
    action: { choose: 'newest-challenger' },
    note: 'the later one',
  }
  const { digest, count } = (await bulk('dora', { ...request, dryRun: true })).body
  await inbox.as('bob', 'PATCH', `/v1/records/patients/${conflict.recordId}`, { diagnosis: 'c' })
  const refused = await bulk('dora', { ...request, dryRun: false, expected: digest })
  expect([refused.status, refused.body.code, refused.body.count]).toEqual([409, 'stale_selection', 2])
  expect((await inbox.as('nan', 'GET', '/v1/conflicts?state=open')).body.items).toHaveLength(2)
  // The number alone still holds: each decision names the sides that were listed.
  const run = await bulk('dora', { ...request, dryRun: false, expected: count })
  expect(statusesOf(run)).toEqual(['decided', 'decided'])
  const { body } = await inbox.as('nan', 'GET', `/v1/records/patients/${conflict.recordId}`)
  expect(body.fields.diagnosis).toBe('c')
  expect((await inbox.as('nan', 'GET', at(conflict))).body.resolution).toMatchObject({
    author: 'dora',
    note: 'the later one',
  })
  expect((await bulk('dora', { ...request, dryRun: false, expected: digest })).body.code).toBe(
    'stale_selection',
  )
})

test('C5: a side that arrives after the listing leaves that conflict stale, and the others decided', async () => {
  const [stale, good] = [
    await inbox.dispute({ diagnosis: 'a' }, { diagnosis: 'b' }),
    await inbox.dispute({ diagnosis: 'a' }, { diagnosis: 'b' }),
  ]
  const { storage } = inbox.rest
  const list = storage.listConflicts.bind(storage)
  // Between the listing and the decisions somebody writes.
  storage.listConflicts = async (filter) => {
    const page = await list(filter)
    storage.listConflicts = list
    await inbox.as('bob', 'PATCH', `/v1/records/patients/${stale.recordId}`, { diagnosis: 'late' })
    return page
  }
  const run = await bulk('dora', { filter: {}, action: incumbent, dryRun: false })
  expect(run.body.results).toMatchObject([
    { id: good.id, status: 'decided' },
    { id: stale.id, status: 'stale', code: 'stale_resolution' },
  ])
})

test('C7: decisions that take two persons are proposed; the next person approves each', async () => {
  const conflict = await inbox.dispute({ dose: 7 }, { dose: 9 })
  const run = await bulk('dora', { filter: { field: 'dose' }, action: incumbent, dryRun: false })
  expect(statusesOf(run)).toEqual(['awaiting-approval'])
  // What awaits approval is left alone unless it is asked for, so that no proposal is replaced unseen.
  const again = await bulk('lee', { filter: { field: 'dose' }, action: incumbent, dryRun: false })
  expect(again.body.count).toBe(0)
  const approved = await inbox.as('lee', 'PUT', at(conflict, '/approval'), { proposal: 'p1' })
  expect(approved.body.state).toBe('resolved')
})

test('C7: dismisses with a note, assigns, and goes on from a cursor', async () => {
  for (let count = 0; count < 3; count++) await inbox.dispute({ bed: '2' }, { bed: '3' })
  const noted = await bulk('nan', { filter: {}, action: { dismiss: true }, dryRun: false })
  expect([noted.status, noted.body.member]).toEqual([400, 'note'])
  const assigned = await bulk('nan', { filter: {}, action: { assign: 'lee' }, dryRun: false })
  expect(statusesOf(assigned)).toEqual(['assigned', 'assigned', 'assigned'])
  const request = {
    filter: { assignee: 'lee' },
    action: { dismiss: true },
    note: 'moved twice',
    dryRun: false,
    limit: 2,
  }
  const first = await bulk('lee', request)
  expect(statusesOf(first)).toEqual(['dismissed', 'dismissed'])
  const second = await bulk('lee', { ...request, cursor: first.body.next })
  expect([statusesOf(second), second.body.next]).toEqual([['dismissed'], null])
  const { body } = await inbox.as('nan', 'GET', '/v1/conflicts?state=dismissed')
  expect(body.items).toHaveLength(3)
  expect(seenIn(body.items[0])).toEqual(body.items[0].resolution.seen)
  expect(await inbox.differences()).toEqual([])
})
