// W6: sessions are heard in rounds: each for a bounded share of a turn, in the order in which they ask for more.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rounds } from '../../../server/protocols/rounds.ts'

const FRAMES_MAX = 256
const BYTES_MAX = 64 * 1024

interface Heard {
  readonly session: number
  readonly turn: number
  readonly bytes: number
}

/** Sessions with messages of these lengths each, all heard out. */
function hearOut(sessions: readonly (readonly number[])[]): readonly Heard[] {
  const heard: Heard[] = []
  const turns: (() => void)[] = []
  let turn = 0
  const rounds = new Rounds((next) => turns.push(next))
  for (const [session, lengths] of sessions.entries()) {
    const left = [...lengths]
    const hear = (): void => {
      for (let bytes = left[0]; bytes !== undefined && seat.take(bytes); bytes = left[0]) {
        left.shift()
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
