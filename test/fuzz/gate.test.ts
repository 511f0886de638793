// A few seconds of `npm run fuzz`, with seeds that are the same every time.
import { expect, test } from 'vitest'
import { BlockCoverage } from './block-coverage.ts'
import { gateTargets } from './gate-targets.ts'
import { runGuided } from './guided-run.ts'

const FRAMES = Number(process.env.FUZZ_FRAMES ?? 600)

test.each([...gateTargets.keys()])(`W6: ${FRAMES} mutants of %s break nothing`, async (name) => {
  const make = gateTargets.get(name)
  if (make === undefined) return expect.fail()
  const options = { seed: 7, msMax: Number.POSITIVE_INFINITY, framesMax: FRAMES, coverage: null }
  const report = await runGuided(make(), options)
  // How long each took is for the long run to say: here others may need the machine.
  const faults = report.faults.filter(({ problem }) => !problem.startsWith('it took'))
  expect(faults).toEqual([])
  expect(report.accepted).toBeGreaterThan(FRAMES / 100)
  expect(report.outcomes).toBeGreaterThan(1)
})

test('the same seed leads to the same run', async () => {
  const make = gateTargets.get('automerge-change')
  if (make === undefined) return expect.fail()
  const run = async (seed: number): Promise<readonly unknown[]> => {
    const options = { seed, msMax: Number.POSITIVE_INFINITY, framesMax: 400, coverage: null }
    const { accepted, outcomes, corpus } = await runGuided(make(), options)
    return [accepted, outcomes, corpus]
  }
  expect(await run(3)).toEqual(await run(3))
  expect(await run(4)).not.toEqual(await run(3))
})

test('the engine tells which of our code has run', () => {
  const coverage = new BlockCoverage()
  const target = gateTargets.get('y-frame')?.()
  for (const seed of target?.seeds ?? []) target?.run(seed)
  const fresh = coverage.fresh()
  for (const seed of target?.seeds ?? []) target?.run(seed)
  const again = coverage.fresh()
  coverage.stop()
  expect(fresh.map(({ file }) => file)).toContainEqual(expect.stringContaining('/shared/wire/y-protocol.ts'))
  expect(again.length).toBeLessThan(fresh.length)
})
