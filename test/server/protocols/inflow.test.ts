// W8: what comes in on a socket is handed on in order and completely, at the rate that is allowed.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Inflow } from '../../../server/protocols/inflow.ts'
import { FlowAllowances } from '../../../server/protocols/limits/flow-allowance.ts'
import { Rounds } from '../../../server/protocols/rounds.ts'

const OVERRUN_MS = 5_000

/** What an inflow asks of its session, written down. */
class Gate {
  isHeld = false
  isEnded = false
  refusal: string | null = null
  hold(): void {
    this.isHeld = true
  }
  release(): void {
    this.isHeld = false
  }
  refuse(code: string): void {
    this.refusal = code
    this.isEnded = true
  }
}

/** The clock stands still within a turn. */
const newRounds = (): Rounds =>
  new Rounds({ clock: () => performance.now(), later: (next) => void setTimeout(next, 0) })

function open(perSecond: number, burst: number, rounds = newRounds()) {
  const rates = { messages: { perSecond, burst }, bytes: { perSecond: 1e9, burst: 1e9 } }
  const gate = new Gate()
  const handedOn: { at: number; number: number }[] = []
  const clock = () => performance.now()
  const inflow = new Inflow({
    session: gate,
    allowance: new FlowAllowances(rates, rates).forSession('ada', clock()),
    rounds,
    overrunMs: OVERRUN_MS,
    clock,
    deliver: (frame) => handedOn.push({ at: clock(), number: new DataView(frame.buffer).getUint32(0) }),
  })
  let sent = 0
  const send = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const frame = new Uint8Array(4)
      new DataView(frame.buffer).setUint32(0, sent++)
      inflow.receive(frame)
    }
  }
  return { gate, handedOn, inflow, send }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('W8: the inflow of a session', () => {
  test('everything is handed on, in order, never faster than allowed, and reading goes on then', () => {
    const bursts = fc.array(
      fc.record({ pause: fc.integer({ min: 0, max: 2_000 }), count: fc.integer({ min: 0, max: 60 }) }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(bursts, (sends) => {
        const { gate, handedOn, send } = open(200, 20)
        const began = performance.now()
        let total = 0
        for (const { pause, count } of sends) {
          vi.advanceTimersByTime(pause)
          send(count)
          total += count
        }
        vi.advanceTimersByTime(10_000)
        expect(handedOn.map(({ number }) => number)).toEqual(Array.from({ length: total }, (_, n) => n))
        for (const [index, { at }] of handedOn.entries())
          expect(index + 1).toBeLessThanOrEqual(20 + ((at - began) / 1000) * 200 + 1e-6)
        expect([gate.isHeld, gate.refusal]).toEqual([false, null])
      }),
      { numRuns: 50 },
    )
  })

  test('who rests now and then may go on for ever; who never does is refused, and nothing more is taken', () => {
    const resting = open(100, 100)
    for (let second = 0; second < 60; second++) {
      resting.send(110)
      vi.advanceTimersByTime(2_000)
    }
    expect([resting.gate.refusal, resting.handedOn.length]).toEqual([null, 6_600])

    const flooding = open(100, 100)
    for (let tick = 0; tick < 70; tick++) {
      flooding.send(50)
      vi.advanceTimersByTime(100)
    }
    expect(flooding.gate.refusal).toBe('too_many')
    const taken = flooding.handedOn.length
    vi.advanceTimersByTime(60_000)
    flooding.send(10)
    expect(flooding.handedOn.length).toBe(taken)
    // The burst is used up within 300 ms; from then on he is above.
    expect(taken).toBeLessThanOrEqual(100 + ((OVERRUN_MS + 300) / 1000) * 100)
  })

  test('a socket that has gone is done when its last frame is', () => {
    const { handedOn, inflow, send } = open(100, 10)
    let isDone = false
    send(30)
    inflow.finish(() => {
      isDone = true
    })
    expect([handedOn.length, isDone]).toEqual([10, false])
    vi.advanceTimersByTime(1_000)
    expect([handedOn.length, isDone]).toEqual([30, true])
  })

  test('a session that the server has ended is done at once', () => {
    const { gate, handedOn, inflow, send } = open(100, 10)
    send(30)
    gate.isEnded = true
    let isDone = false
    inflow.finish(() => {
      isDone = true
    })
    vi.advanceTimersByTime(1_000)
    expect([handedOn.length, isDone]).toEqual([10, true])
  })

  test('W6: who has more to say than his share of a turn is not read from, and others are heard meanwhile', () => {
    const rounds = newRounds()
    const flooding = open(1e6, 1e6, rounds)
    const honest = open(1e6, 1e6, rounds)
    flooding.send(1_000)
    honest.send(3)
    expect([flooding.handedOn.length, flooding.gate.isHeld]).toEqual([256, true])
    expect([honest.handedOn.length, honest.gate.isHeld]).toEqual([3, false])
    vi.runAllTimers()
    expect(flooding.handedOn.map(({ number }) => number)).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
    expect([flooding.gate.isHeld, flooding.gate.refusal]).toEqual([false, null])
  })

  test('W6: a socket that has gone in the middle of its turn is done when its last frame is', () => {
    const { handedOn, inflow, send } = open(1e6, 1e6)
    let isDone = false
    send(300)
    inflow.finish(() => {
      isDone = true
    })
    expect([handedOn.length, isDone]).toEqual([256, false])
    vi.runAllTimers()
    expect([handedOn.length, isDone]).toEqual([300, true])
  })
})
