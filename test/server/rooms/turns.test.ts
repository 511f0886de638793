// W6: plans of many rooms share the main thread with sockets and timers.
import { describe, expect, it } from 'vitest'
import { createTurns, inTurns } from '../../../server/rooms/turns.ts'

/** Time passes only while somebody works, and a turn of the event loop ends when the test says so. */
function bench() {
  let now = 0
  const later: (() => void)[] = []
  const turns = createTurns({ clock: () => now, later: (next) => later.push(next) })
  const done: string[] = []
  const work = (name: string, ms: number): Promise<string> =>
    turns.run(() => {
      now += ms
      done.push(name)
      return name
    })
  const nextTurn = (): void => {
    for (const next of later.splice(0)) next()
  }
  return { turns, done, work, nextTurn, later }
}

describe('turns', () => {
  it('W6: works at once while there is time, then waits for the next turn, in order', async () => {
    const { done, work, nextTurn } = bench()
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => work(name, 2))
    expect(done).toEqual(['a', 'b'])
    nextTurn()
    expect(done).toEqual(['a', 'b', 'c', 'd'])
    nextTurn()
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('W6: who comes later does not overtake those who wait', () => {
    const { done, work, nextTurn } = bench()
    void work('some', 4)
    void work('waiting', 1)
    nextTurn()
    void work('late', 1)
    expect(done).toEqual(['some', 'waiting', 'late'])
  })

  it('W6: what was spent is forgotten when nobody waits', () => {
    const { done, work, nextTurn, later } = bench()
    void work('long', 40)
    nextTurn()
    expect(later).toEqual([])
    void work('next', 1)
    expect(done).toEqual(['long', 'next'])
  })

  it('W6: after a long turn timers and sockets come first, whatever waits', () => {
    const { done, work, nextTurn } = bench()
    void work('long', 5)
    void work('waiting', 1)
    // What `setImmediate` calls while sockets are read comes before timers.
    nextTurn()
    void work('late', 1)
    expect(done).toEqual(['long'])
    nextTurn()
    expect(done).toEqual(['long', 'waiting', 'late'])
  })

  it('W6: a pause lasts until timers have had their turn, too', async () => {
    const { turns, nextTurn } = bench()
    let isOver = false
    const over = turns.pause().then(() => {
      isOver = true
    })
    nextTurn()
    await null
    expect(isOver).toBe(false)
    nextTurn()
    await over
    expect(isOver).toBe(true)
  })

  it('W2: what is thrown is for who asked; the others go on', async () => {
    const { turns, work } = bench()
    const failing = turns.run(() => {
      throw new RangeError('broken')
    })
    const other = work('other', 1)
    await expect(failing).rejects.toThrow('broken')
    expect(await other).toBe('other')
  })

  it('W6: who works in steps lets others have their turn between two of them', async () => {
    const { turns, done, work, nextTurn } = bench()
    function* steps(): Generator<void, string> {
      for (const name of ['first', 'second']) {
        done.push(name)
        void work('other', 6)
        yield
      }
      return 'planned'
    }
    const planned = inTurns(steps(), turns)
    for (let turn = 0; turn < 8; turn++) {
      await null
      nextTurn()
    }
    expect(await planned).toBe('planned')
    expect(done).toEqual(['first', 'other', 'second', 'other'])
  })
})
