// Deals the seeds of the fault simulation out to the test files that the runner runs side by side.
// SLUICE_FAULT_SEED=123 runs one seed; SLUICE_FAULT_SEEDS=2000 runs more.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkAgreement, checkTold } from './fault-check.ts'
import { FaultRun } from './fault-run.ts'
import { Stage } from './stage.ts'

const SHARDS = 2
const STEPS = 500
const SEEDS = 60

/** @param shard from 1. */
export function simulateFaults(shard: number): void {
  const seeds = seedsOf(shard)
  let stage: Stage
  beforeAll(() => {
    stage = new Stage()
  })
  afterAll(() => stage.close())

  describe('W4, W5: partitions, drops, repetitions, a failing disk, lost devices and crashes', () => {
    test(`${seeds.length} seeds of ${STEPS} steps: all agree, and nothing acknowledged is lost`, {
      timeout: 1_800_000,
    }, async () => {
      for (const seed of seeds) await play(stage, seed)
    })
  })
}

/** The clock, the disk, the network and what is drawn by lot are all the simulation's. */
export function replay(): void {
  test('a seed that is played again sends the same bytes', async () => {
    const [first, second] = [new Stage(), new Stage()]
    expect(await play(first, 1)).toBe(await play(second, 1))
    await Promise.all([first.close(), second.close()])
  })
}

/** @returns a digest of what happened. */
async function play(stage: Stage, seed: number): Promise<string> {
  stage.reset()
  const run = new FaultRun(stage, seed, (one) => checkTold(stage, one))
  try {
    await run.play(STEPS)
    await checkAgreement(stage, run)
    return run.digest
  } catch (error) {
    const happened = [...run.trace, ...stage.warnings].join('\n')
    throw new Error(`seed ${seed}; run it alone with SLUICE_FAULT_SEED=${seed}\n${happened}`, {
      cause: error,
    })
  } finally {
    run.free()
    await stage.crash(true)
  }
}

function seedsOf(shard: number): readonly number[] {
  const one = process.env.SLUICE_FAULT_SEED
  if (one !== undefined) return shard === 1 ? [Number(one)] : []
  const count = Number(process.env.SLUICE_FAULT_SEEDS ?? SEEDS)
  return Array.from({ length: count }, (_, index) => index + 1).filter((seed) => seed % SHARDS === shard - 1)
}
