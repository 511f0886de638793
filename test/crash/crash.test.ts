// W4 under SIGKILL, a few cycles of what `npm run test:crash` does at length.
import { describe, expect, it } from 'vitest'
import { runCrashes } from './crash-run.ts'
import { Ledger } from './ledger.ts'
import { SluiceTarget } from './sluice-target.ts'

describe('crashes under load', () => {
  it('W4: nothing acknowledged at any door is lost or done twice, and the tables equal a rebuild', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const report = await runCrashes(() => SluiceTarget.open(), { seed, cycles: 2, loadMsMax: 800 })
    expect(report.problems, `seed ${seed}`).toEqual([])
    expect(report.cycles).toBe(2)
    expect(report.acknowledged).toBe(report.sent)
    expect([...report.byDoor.keys()]).toEqual(['rest', 'upload', 'inbox', 'automerge', 'yjs'])
  }, 180_000)
})

describe('a ledger', () => {
  const ledger = new Ledger()
  for (const [token, amount] of [
    ['a', 1],
    ['b', 2],
    ['c', 4],
  ] as const)
    ledger.send(token, amount)
  ledger.acknowledge('a')
  ledger.acknowledge('b')
  const kinds = (tokens: readonly string[], value: number, isExact = true): readonly string[] =>
    ledger.compare({ tokens, total: { value, isExact } }).map(({ kind }) => kind)

  it('accepts what was acknowledged, with or without what was only sent', () => {
    expect(kinds(['a', 'b'], 3)).toEqual([])
    expect(kinds(['a', 'b', 'c'], 7)).toEqual([])
    expect(kinds(['a', 'b'], 7, false)).toEqual([])
  })

  it('names what was lost, done twice, never sent, or counted wrong', () => {
    expect(kinds(['a'], 1)).toEqual(['lost'])
    expect(kinds(['a', 'b', 'b'], 3)).toEqual(['duplicated'])
    expect(kinds(['a', 'b', 'x'], 3)).toEqual(['invented'])
    expect(kinds(['a', 'b'], 5)).toEqual(['miscounted'])
    expect(kinds(['a', 'b'], 2, false)).toEqual(['miscounted'])
  })
})
