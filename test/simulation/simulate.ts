// Everybody at once, on a thousand seeds: all replicas, REST and SQL agree, nothing is lost without a line in the
// log, and every pair of writes that did not see each other is in one conflict, and no other pair in any.
// SLUICE_SIM_SEED=123 runs one seed; SLUICE_SIM_SEEDS=10000 runs more. The seeds are dealt out to several files, which
// the test runner runs side by side.
import { afterAll, beforeAll, describe, test } from 'vitest'
import { check } from './check.ts'
import { Simulation } from './simulation.ts'
import { World } from './world.ts'

const SHARDS = 4

/** @param shard from 1. */
export function simulate(shard: number): void {
  const seeds = seedsOf(shard)
  let world: World
  beforeAll(async () => {
    world = await World.open()
  })
  afterAll(() => world.close())

  describe('C1–C6, R1, W4, W7, S3: clients of every kind, partitions, repetitions, wrong clocks and restarts', () => {
    test(`${seeds.length} seeds from ${seeds[0] ?? 'none'} on`, { timeout: 900_000 }, async () => {
      for (const seed of seeds) await runSeed(world, seed)
    })
  })
}

async function runSeed(world: World, seed: number): Promise<void> {
  const run = new Simulation(world, seed)
  try {
    await run.run(8 + (seed % 13))
    await check(world, run)
  } catch (error) {
    const told = [...run.trace, ...world.warnings].join('\n')
    throw new Error(`seed ${seed}; run it alone with SLUICE_SIM_SEED=${seed}\n${told}`, { cause: error })
  } finally {
    run.free()
  }
}

function seedsOf(shard: number): readonly number[] {
  const one = process.env.SLUICE_SIM_SEED
  if (one !== undefined) return shard === 1 ? [Number(one)] : []
  const count = Number(process.env.SLUICE_SIM_SEEDS ?? 1_000)
  return Array.from({ length: count }, (_, index) => index + 1).filter((seed) => seed % SHARDS === shard - 1)
}
