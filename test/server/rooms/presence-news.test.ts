// K8 on the presence of a room: who hears what, and when, by a clock that a test moves.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AwarenessEntry } from '../../../server/gate/awareness-gate.ts'
import { PresenceNews } from '../../../server/rooms/presence-news.ts'

interface Listener {
  readonly session: string
  readonly hearsItself: boolean
  readonly heard: (readonly AwarenessEntry[])[]
  onPresence(entries: readonly AwarenessEntry[]): void
}

function listener(session: string, hearsItself: boolean): Listener {
  const heard: (readonly AwarenessEntry[])[] = []
  return { session, hearsItself, heard, onPresence: (entries) => heard.push(entries) }
}

/** So many in a room, every other one of whom hears himself, and time. */
function room(size: number) {
  let now = 0
  let alarm: { readonly at: number; readonly ring: () => void } | null = null
  const listeners = Array.from({ length: size }, (_, index) => listener(`s${index}`, index % 2 === 0))
  const sleep = (ms: number) => new Promise<void>((ring) => (alarm = { at: now + ms, ring }))
  const news = new PresenceNews({ listeners: new Set(listeners), clock: () => now, sleep })
  async function pass(ms: number): Promise<void> {
    const until = now + ms
    if (alarm !== null && alarm.at <= until) {
      now = alarm.at
      alarm.ring()
      alarm = null
      await null
    }
    now = until
  }
  return { listeners, news, pass }
}

const place = (client: number, clock: number): AwarenessEntry => ({ client, clock, state: { at: clock } })

test('K8: where few are there, what one announces is told to the others at once', () => {
  const { listeners, news } = room(3)
  for (let clock = 1; clock <= 5; clock++) news.add([place(1, clock)], 's1')
  const each = [1, 2, 3, 4, 5].map((clock) => [place(1, clock)])
  expect(listeners.map(({ heard }) => heard)).toEqual([each, [], each])
})

test('K8: where many are there, what is announced in a moment is told as one, the latest of each, and encoded once', async () => {
  const { listeners, news, pass } = room(200)
  news.add([place(1, 1)], 's1')
  expect(listeners[2]?.heard).toEqual([[place(1, 1)]])
  news.add([place(1, 2)], 's1')
  news.add([place(3, 1)], 's3')
  news.add([place(1, 3)], 's1')
  await pass(49)
  expect(listeners[2]?.heard).toHaveLength(1)
  await pass(1)
  expect(listeners.map(({ heard }) => heard.slice(heard.length - 1)[0])).toEqual(
    listeners.map((_, index) => {
      if (index === 1) return [place(3, 1)]
      return index === 3 ? [place(1, 3)] : [place(3, 1), place(1, 3)]
    }),
  )
  expect(listeners[4]?.heard[1]).toBe(listeners[2]?.heard[1])
})

test('K8: who leaves is told to be gone, also after what he announced last', async () => {
  const { listeners, news, pass } = room(200)
  news.add([place(1, 1)], 's1')
  news.add([place(1, 2)], 's1')
  news.add([{ client: 1, clock: 3, state: null }], 's1')
  await pass(50)
  expect(listeners[2]?.heard.at(-1)).toEqual([{ client: 1, clock: 3, state: null }])
})

test('K8: in the end everybody knows the latest of all others, and hears ten times a second at most, however many there are', async () => {
  const announcement = fc.record({ who: fc.nat(9), afterMs: fc.integer({ min: 0, max: 60 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(announcement, { maxLength: 40 }), async (announcements) => {
      const { listeners, news, pass } = room(1_000)
      const latest = new Map<number, number>()
      for (const { who, afterMs } of announcements) {
        await pass(afterMs)
        const clock = (latest.get(who) ?? 0) + 1
        latest.set(who, clock)
        news.add([place(who, clock)], `s${who}`)
      }
      await pass(100)
      const tookMs = announcements.reduce((sum, { afterMs }) => sum + afterMs, 100)
      for (const { session, hearsItself, heard } of listeners) {
        const known = new Map(heard.flat().map(({ client, clock }) => [client, clock]))
        const others = [...latest].filter(([who]) => hearsItself || `s${who}` !== session)
        expect(known).toEqual(new Map(others))
        expect(heard.length).toBeLessThanOrEqual(tookMs / 100 + 1)
      }
    }),
  )
})
