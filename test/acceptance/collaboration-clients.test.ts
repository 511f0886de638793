// What collaboration servers do: clients that go and come, a process that is killed and started.
import { fileURLToPath } from 'node:url'
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { runCommand } from '../support/run-command.ts'
import { until } from '../support/until.ts'
import type { Who } from './doors.ts'
import { tokenOf } from './doors.ts'
import { feature } from './feature.ts'
import { watchPending } from './pending.ts'

feature(
  'B1',
  'editors see each other, go offline, return over a crash, and lose nothing',
  ['yjs', 'process'],
  async ({ yjs, process }) => {
    const [ann, bob] = [yjs('ann', 'tasks/b1'), yjs('bob', 'tasks/b1')]
    ann.provider.awareness.setLocalStateField('user', { name: 'Ann' })
    await until(
      () => [...bob.provider.awareness.getStates().values()].some((state) => state.user?.name === 'Ann'),
      'Bob to see Ann',
    )
    bob.provider.disconnect()
    bob.typeParagraph('in a tunnel')
    ann.typeParagraph('at the desk')
    await until(() => ann.provider.synced, 'Ann to be in sync')
    await process.restart()
    bob.provider.connect()
    await until(
      () => ann.text === bob.text && ann.text.includes('tunnel') && ann.text.includes('desk'),
      'convergence',
    )
  },
)

feature(
  'B2',
  'repos edit offline, return over a crash, and lose nothing',
  ['automerge', 'rest', 'process'],
  async (doors) => {
    const { automerge, rest, process } = doors
    const { body } = await rest('ann').put('records/tasks/b2', { title: 'Call' })
    const phones = [automerge('ann'), automerge('bob')] as const
    const [annDoc, bobDoc] = await Promise.all([
      phones[0].find(body.automergeUrl),
      phones[1].find(body.automergeUrl),
    ])
    for (const phone of phones) await phone.goOffline()
    annDoc.change((task) => {
      task.title = new ImmutableString('Call back')
    })
    bobDoc.change((task) => {
      task.status = new ImmutableString('done')
    })
    await process.restart()
    for (const phone of phones) phone.goOnline()
    await until(
      () => String(annDoc.doc().status) === 'done' && String(bobDoc.doc().title) === 'Call back',
      'convergence',
    )
  },
)

feature(
  'B4',
  'what was acknowledged, through any door, is there after a SIGKILL',
  ['rest', 'upload', 'automerge', 'process'],
  async (doors) => {
    const { rest, upload, automerge, process } = doors
    const { body } = await rest('ann').put('records/tasks/b4', { title: 'Call' })
    const phone = automerge('bob')
    const handle = await phone.find(body.automergeUrl)
    const isPending = await watchPending(phone, handle)
    await upload('cyd', { op: 'PATCH', type: 'tasks', id: 'b4', data: { status: 'done' } })
    handle.change((task) => {
      task.priority = 1
    })
    await until(() => !isPending(), 'the acknowledgement')
    await phone.goOffline()
    await process.restart()
    expect((await rest('ann').get('records/tasks/b4')).body.fields).toMatchObject({
      title: 'Call',
      status: 'done',
      priority: 1,
    })
  },
)

feature(
  'B11',
  'the change feed resumes behind the last event, over a crash',
  ['rest', 'stream', 'process'],
  async (doors) => {
    const { rest, stream, process } = doors
    const ann = rest({ sub: 'ann', tenant: 'b11' })
    await ann.put('records/items/b11', { name: '1' })
    const first = await stream({ sub: 'ann', tenant: 'b11' }, 'after=0')
    const [event] = await first.take(1)
    await first.close()
    await process.restart()
    await ann.patch('records/items/b11', { name: '2' })
    const second = await stream({ sub: 'ann', tenant: 'b11' }, '', event?.id)
    expect((await second.take(1))[0]?.data).toMatchObject({ oldValue: '1', newValue: '2' })
  },
)

feature('B16', 'health and readiness are told without a token', ['process'], async ({ process }) => {
  expect((await fetch(`${process.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${process.url}/readyz`)).status).toBe(200)
})

feature(
  'B17',
  'metrics tell an operator of sessions, commits, refusals and what waits, and of nobody by name',
  ['rest', 'yjs', 'process'],
  async ({ rest, yjs, process }) => {
    await rest('ann-b17').put('records/tasks/b17', { title: 'Call' })
    yjs('ann-b17', 'tasks/b17').typeParagraph('words')
    const scrape = (who: Who) =>
      fetch(`${process.url}/metrics`, { headers: { authorization: `Bearer ${tokenOf(who)}` } })
    const metrics = async () => (await scrape({ sub: 'prometheus', roles: ['operator'] })).text()
    const told = await until(async () => {
      const text = await metrics()
      const isTold =
        text.includes('\nsluice_sessions{door="yjs"} 1\n') &&
        text.includes('\nsluice_commit_duration_seconds_count{lane="text"} ')
      return isTold && text
    }, 'the session and its commit to be told')
    for (const name of METRICS) expect(told).toMatch(new RegExp(`^# TYPE ${name} `, 'm'))
    expect(told).toContain('\nsluice_store_writable 1\n')
    expect(told).not.toContain('b17')
    expect((await scrape('ann-b17')).status).toBe(403)
    expect((await fetch(`${process.url}/metrics`)).status).toBe(401)
  },
)

const METRICS = [
  'sluice_sessions',
  'sluice_rooms',
  'sluice_commit_duration_seconds',
  'sluice_commit_commands',
  'sluice_acknowledgement_duration_seconds',
  'sluice_refusals_total',
  'sluice_trial_duration_seconds',
  'sluice_projection_lagging_records',
  'sluice_projection_lagging_updates',
  'sluice_outbox_events',
  'sluice_conflicts_open',
  'sluice_conflict_oldest_age_seconds',
  'sluice_event_loop_delay_max_seconds',
  'sluice_nodejs_eventloop_lag_seconds',
  'sluice_process_resident_memory_bytes',
]

feature(
  'B18',
  'the tables are rebuilt from the journal and compared with it, and the journal is verified',
  ['rest', 'process', 'sql'],
  async (doors) => {
    const { rest, process, sql } = doors
    await rest('ann').put('records/tasks/b18', { title: 'Call' })
    await process.stop()
    for (const command of ['compare', 'rebuild', 'compare', 'verify'])
      expect(runCommand(command, process.dataDir, [], settings)).toMatchObject({ status: 0 })
    await process.start()
    expect(sql("SELECT title FROM tasks WHERE id = 'b18'")).toEqual([{ title: 'Call' }])
  },
)

const settings = { SLUICE_CONFIG: fileURLToPath(new URL('sluice.config.ts', import.meta.url)) }
