// W6: sessions are heard in rounds: each for a bounded share of a turn, in the order in which they ask for more.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rounds } from '../../../server/protocols/rounds.ts'

const FRAMES_MAX = 256
const BYTES_MAX = 64 * 1024
const FRAMES_MIN = 16
const SLICE_MS = 2

interface Heard {
  readonly session: number
  readonly turn: number
  readonly bytes: number
}

/** Sessions with messages of these lengths each, all heard out. @param frameMs that one takes. */
function hearOut(sessions: readonly (readonly number[])[], frameMs = 0): readonly Heard[] {
  const heard: Heard[] = []
  const turns: (() => void)[] = []
  let turn = 0
  let now = 0
  const rounds = new Rounds({ clock: () => now, later: (next) => turns.push(next) })
  for (const [session, lengths] of sessions.entries()) {
    const left = [...lengths]
    const hear = (): void => {
      for (let bytes = left[0]; bytes !== undefined && seat.take(bytes); bytes = left[0]) {
        left.shift()
        now += frameMs
        heard.push({ session, turn, bytes })
      }
    }
    const seat = rounds.seat(hear)
    hear()
  }
  for (let next = turns.shift(); next !== undefined; next = turns.shift()) {
    turn += 1
    next()
  }
  return heard
}

test('each is heard out in order, and never for more than its share of a turn, or for one message', () => {
  const lengths = fc.array(fc.oneof(fc.nat(100), fc.nat(2 * BYTES_MAX)), { maxLength: 600 })
  fc.assert(
    fc.property(fc.array(lengths, { maxLength: 4 }), (sessions) => {
      const heard = hearOut(sessions)
      for (const [session, sent] of sessions.entries()) {
        const own = heard.filter((one) => one.session === session)
        expect(own.map(({ bytes }) => bytes)).toEqual(sent)
        for (const turn of new Set(own.map((one) => one.turn))) {
          const inTurn = own.filter((one) => one.turn === turn)
          expect(inTurn.length).toBeLessThanOrEqual(FRAMES_MAX)
          const bytes = inTurn.reduce((sum, one) => sum + one.bytes, 0)
          if (inTurn.length > 1) expect(bytes).toBeLessThanOrEqual(BYTES_MAX)
        }
      }
    }),
  )
})

test('those who ask for more go on in the order in which they asked, turn by turn', () => {
  const many = Array.from({ length: 3 * FRAMES_MAX }, () => 1)
  const heard = hearOut([many, many, [1]])
  const order = heard.map(({ session, turn }) => `${turn}:${session}`)
  expect([...new Set(order)]).toEqual(['0:0', '0:1', '0:2', '1:0', '1:1', '2:0', '2:1'])
})

test('once a turn is long, nobody gets more than a little of it, and everybody that much', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 3 * FRAMES_MAX }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(counts, fc.double({ min: 0.001, max: 1, noNaN: true }), (sessions, frameMs) => {
      const heard = hearOut(
        sessions.map((count) => Array.from({ length: count }, () => 1)),
        frameMs,
      )
      for (let turn = 0; turn <= Math.max(...heard.map((one) => one.turn)); turn++) {
        const inTurn = heard.filter((one) => one.turn === turn)
        const ofSession = (session: number): number => inTurn.filter((one) => one.session === session).length
        // Who has gone beyond what everybody may say had begun within the slice.
        const beyond = sessions.reduce(
          (sum, _, session) => sum + Math.max(0, ofSession(session) - FRAMES_MIN),
          0,
        )
        expect(beyond).toBeLessThanOrEqual(SLICE_MS / frameMs + 1)
        for (const [session, count] of sessions.entries()) {
          const before = heard.filter((one) => one.session === session && one.turn < turn).length
          expect(ofSession(session)).toBeGreaterThanOrEqual(Math.min(FRAMES_MIN, count - before))
        }
      }
    }),
  )
})
