// W16, M7: answers and events are kept for a time, and forgotten page by page when that is over.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Timers } from '../../../server/projection/timers.ts'
import { PAGE_ROWS, SWEEP_INTERVAL_MS, Sweeper } from '../../../server/retention/sweeper.ts'
import { at, fieldsPlan, newKey } from '../../contract/storage/plan-fixture.ts'
import { until } from '../../support/until.ts'
import { openSubject, type SqliteSubject } from '../storage/sqlite/sqlite-subject.ts'

const KEPT_MS = 60_000
const warnings: unknown[] = []
let subject: SqliteSubject
let alarms: { readonly ms: number; readonly run: () => void }[] = []

beforeEach(async () => {
  subject = await openSubject()
  alarms = []
  warnings.length = 0
})
afterEach(() => subject.cleanup())

/** Alarms go off when the test says so. */
const timers: Timers = {
  now: () => 0,
  after(ms, run) {
    const alarm = { ms, run }
    alarms.push(alarm)
    return () => {
      alarms = alarms.filter((one) => one !== alarm)
    }
  },
}
const nextAlarm = async (): Promise<number> => {
  await until(() => alarms.length > 0, 'the next page to be due')
  const [alarm] = alarms.splice(0)
  alarm?.run()
  return alarm?.ms ?? expect.fail()
}
const sweeper = (now: () => string, forget: 'forgetAnswers' | 'forgetEvents' = 'forgetAnswers'): Sweeper =>
  new Sweeper({
    what: 'rows',
    forget: (before, limit) => subject.storage[forget](before, limit),
    log: { warn: (details) => warnings.push(details) },
    now,
    timers,
    keptMs: KEPT_MS,
  })

const key = newKey()
const answerOf = (name: string) => ({
  tenant: key.tenant,
  subject: 'ada',
  key: name,
  request: 'digest',
  status: 200,
  body: {},
})
const isKept = async (name: string): Promise<boolean> =>
  (await subject.storage.readAnswer(key.tenant, 'ada', name)) !== null

test('W16: an answer is known while it is kept, and the same request counts as another one afterwards', async () => {
  const plan = { ...fieldsPlan(key, 0, 1, { answers: [answerOf('sale')] }), at: at(0) }
  expect(await subject.storage.commit(plan)).toEqual({ status: 'committed' })
  let now = new Date(Date.parse(at(0)) + KEPT_MS).toISOString()
  const sweeping = sweeper(() => now)
  expect(await nextAlarm()).toBe(SWEEP_INTERVAL_MS)
  await until(() => alarms.length > 0, 'the sweep to end')
  expect(await isKept('sale')).toBe(true)
  now = new Date(Date.parse(at(0)) + KEPT_MS + 1).toISOString()
  await nextAlarm()
  await until(() => alarms.length > 0, 'the sweep to end')
  expect(await isKept('sale')).toBe(false)
  const again = { ...fieldsPlan(key, 1, 2, { answers: [answerOf('sale')] }), at: now }
  expect(await subject.storage.commit(again)).toEqual({ status: 'committed' })
  await sweeping.stop()
  expect([alarms, warnings]).toEqual([[], []])
})

test('W16: many are forgotten a page at a time, soon after each other', async () => {
  const names = Array.from({ length: PAGE_ROWS + 1 }, (_, index) => `sale ${index}`)
  const plan = { ...fieldsPlan(key, 0, 1, { answers: names.map(answerOf) }), at: at(0) }
  expect(await subject.storage.commit(plan)).toEqual({ status: 'committed' })
  const sweeping = sweeper(() => new Date(Date.parse(at(0)) + 2 * KEPT_MS).toISOString())
  expect(await nextAlarm()).toBeLessThan(SWEEP_INTERVAL_MS)
  expect(await nextAlarm()).toBe(SWEEP_INTERVAL_MS)
  expect((await Promise.all(names.map(isKept))).some((kept) => kept)).toBe(false)
  await sweeping.stop()
})

test('M7: an event stands in the outbox while it is kept', async () => {
  const waiting = async (): Promise<number> =>
    (await subject.storage.inspection.backlog(key.tenant)).outboxEvents
  const eventOf = (index: number) => ({ id: `event-${index}`, event: 'release.deploy', payload: {} })
  const old = Array.from({ length: PAGE_ROWS + 1 }, (_, index) => eventOf(index))
  const plan = { ...fieldsPlan(key, 0, 1, { outbox: old }), at: at(0) }
  expect(await subject.storage.commit(plan)).toEqual({ status: 'committed' })
  const late = new Date(Date.parse(at(0)) + 1).toISOString()
  const next = { ...fieldsPlan(key, 1, 2, { outbox: [eventOf(old.length)] }), at: late }
  expect(await subject.storage.commit(next)).toEqual({ status: 'committed' })
  expect(await waiting()).toBe(PAGE_ROWS + 2)
  const sweeping = sweeper(() => new Date(Date.parse(late) + KEPT_MS).toISOString(), 'forgetEvents')
  expect(await nextAlarm()).toBeLessThan(SWEEP_INTERVAL_MS)
  expect(await nextAlarm()).toBe(SWEEP_INTERVAL_MS)
  expect(await waiting()).toBe(1)
  await sweeping.stop()
})

test('W5: a store that fails is told of, and tried again at the next time', async () => {
  const { storage } = subject
  await storage.close()
  const sweeping = sweeper(() => at(0))
  await until(() => alarms.length > 0, 'the next time to be set')
  expect([alarms.map(({ ms }) => ms), warnings.length]).toEqual([[SWEEP_INTERVAL_MS], 1])
  await sweeping.stop()
})
