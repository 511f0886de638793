// What no other server of this kind does: decisions, their roles, their undoing, and who is told.
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import type { Doors } from './doors.ts'
import { feature } from './feature.ts'
import type { Sided } from './sides.ts'
import { seenOf } from './sides.ts'

/** A diagnosis that two have written without seeing each other. */
async function disputed(rest: Doors['rest'], id: string): Promise<{ conflict: Sided; etag: string }> {
  const path = `records/patients/${id}`
  const { etag } = await rest('ann').put(path, { name: 'Ada', diagnosis: 'flu' })
  await rest('ann').patch(path, { diagnosis: 'pneumonia' }, { 'if-match': etag })
  const held = await rest('bob').patch(path, { diagnosis: 'bronchitis' }, { 'if-match': etag })
  const conflict = (await rest('ann').get(`conflicts/${held.body.outcomes.diagnosis.conflictId}`)).body
  return { conflict, etag }
}

const doctor = { sub: 'dr', roles: ['doctor'] }

feature(
  'N4',
  'an effect waits while a field of its record is disputed, and goes out with the decision',
  ['rest', 'sql'],
  async ({ rest, sql }) => {
    const path = 'records/releases/n4'
    const { etag } = await rest('ann').put(path, { target: 'staging' })
    await rest('ann').patch(path, { target: 'production' }, { 'if-match': etag })
    const held = await rest('bob').patch(path, { target: 'nowhere' }, { 'if-match': etag })
    expect((await rest('ann').patch(path, { stage: 'done' })).body.fields.stage).toBe('done')
    const fired = (): unknown =>
      sql("SELECT count(*) AS times FROM sluice_outbox WHERE record_id = 'n4' AND event = 'release.deploy'")
    expect(fired()).toEqual([{ times: 0 }])
    const conflict = (await rest('ann').get(`conflicts/${held.body.outcomes.target.conflictId}`)).body
    await rest('ann').put(`conflicts/${conflict.id}/resolution`, {
      choose: conflict.incumbent.id,
      seen: seenOf(conflict),
    })
    expect(fired()).toEqual([{ times: 1 }])
  },
)

feature(
  'N6',
  'a decision takes the role, names what it has seen, and can be taken back',
  ['rest'],
  async ({ rest }) => {
    const { conflict } = await disputed(rest, 'n6')
    const path = `conflicts/${conflict.id}/resolution`
    const decision = { choose: conflict.challengers[0]?.id, seen: seenOf(conflict), note: 'x-ray' }
    expect(await rest({ sub: 'nurse', roles: ['nurse'] }).put(path, decision)).toMatchObject({
      status: 403,
      body: { code: 'forbidden', field: 'diagnosis' },
    })
    expect(await rest(doctor).put(path, { ...decision, seen: [conflict.incumbent.id] })).toMatchObject({
      status: 409,
      body: { code: 'stale_resolution', conflict: { id: conflict.id } },
    })
    expect((await rest(doctor).put(path, decision)).body.resolution).toMatchObject({
      author: 'dr',
      note: 'x-ray',
    })
    expect((await rest('ann').get('records/patients/n6')).body.fields.diagnosis).toBe('bronchitis')
    const undone = await rest(doctor).delete(path)
    expect(undone.body).toMatchObject({ state: 'reopened', resolution: null })
    expect(undone.body.events.map(({ type }: { type: string }) => type)).toEqual([
      'opened',
      'resolved',
      'undone',
    ])
    expect((await rest('ann').get('records/patients/n6')).body).toMatchObject({
      fields: { diagnosis: 'pneumonia' },
      disputed: { diagnosis: { conflictId: conflict.id } },
    })
  },
)

feature(
  'N8',
  'a straggler reopens the decided conflict, with the decision attached',
  ['rest'],
  async ({ rest }) => {
    const { conflict, etag } = await disputed(rest, 'n8')
    const decision = { value: 'bronchial pneumonia', seen: seenOf(conflict), note: 'x-ray' }
    await rest(doctor).put(`conflicts/${conflict.id}/resolution`, decision)
    const late = await rest('cyd').patch('records/patients/n8', { diagnosis: 'covid' }, { 'if-match': etag })
    expect(late.body.outcomes.diagnosis).toMatchObject({ outcome: 'held', conflictId: conflict.id })
    expect((await rest('ann').get(`conflicts/${conflict.id}`)).body).toMatchObject({
      state: 'reopened',
      inForce: 'bronchial pneumonia',
      incumbent: { author: 'dr' },
      events: [
        { type: 'opened' },
        { type: 'resolved', resolution: { note: 'x-ray', author: 'dr' } },
        { type: 'reopened' },
      ],
    })
  },
)

feature(
  'N9',
  'who loses is told: to a later write, to a decision, to a delete',
  ['rest', 'stream'],
  async ({ rest, stream }) => {
    const losses = await stream('bob', 'outcome=superseded&author=bob')
    await losses.next()
    const task = await rest('ann').put('records/tasks/n9', { title: 'Call' })
    await rest('bob').patch('records/tasks/n9', { title: 'by bob' }, { 'if-match': task.etag })
    await rest('ann').patch('records/tasks/n9', { title: 'by ann' }, { 'if-match': task.etag })
    const { conflict } = await disputed(rest, 'n9')
    await rest(doctor).put(`conflicts/${conflict.id}/resolution`, {
      choose: conflict.incumbent.id,
      seen: seenOf(conflict),
    })
    const draft = await rest('ann').put('records/drafts/n9', { title: 'Draft' })
    await rest('bob').patch('records/drafts/n9', { title: 'by bob' }, { 'if-match': draft.etag })
    await rest('ann').delete('records/drafts/n9', { 'if-match': draft.etag })
    const told = await losses.take(3)
    expect(told.map(({ data }) => [data.collection, data.oldValue, data.newValue])).toEqual([
      ['tasks', 'by bob', 'by ann'],
      ['patients', 'bronchitis', 'pneumonia'],
      ['drafts', 'by bob', null],
    ])
  },
)

feature(
  'N10',
  'a field of a newer app version outlives edits by an older one, through every door',
  ['automerge', 'upload', 'rest'],
  async (doors) => {
    const { automerge, upload, rest } = doors
    const { body } = await rest('ann').put('records/tasks/n10', { title: 'Call' })
    const newer = await automerge('ann').find(body.automergeUrl)
    newer.change((task) => {
      task.mood = new ImmutableString('sunny')
    })
    await until(
      async () =>
        (await rest('ann').get('changes?record=n10')).body.items.some(
          ({ field }: { field: string }) => field === 'mood',
        ),
      'the unknown field',
    )
    await upload('bob', { op: 'PUT', type: 'tasks', id: 'n10', data: { title: 'by an old phone' } })
    await rest('bob').put('records/tasks/n10', { title: 'by an old backend' })
    await until(() => String(newer.doc().title) === 'by an old backend', 'the edits of the older version')
    expect(String(newer.doc().mood)).toBe('sunny')
  },
)
