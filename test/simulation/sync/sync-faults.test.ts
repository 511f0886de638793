// The client's connection and the sync door under faults. SLUICE_FAULT_SEED=123 runs one seed; SLUICE_FAULT_SEEDS=2000
// runs more.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Stage } from '../faults/stage.ts'
import { SyncRun } from './sync-run.ts'
import type { Held } from './sync-user.ts'

const SEEDS = 10
const STEPS = 400

let stage: Stage
beforeAll(() => {
  stage = new Stage()
})
afterAll(() => stage.close())

describe('K3–K5, K10: drops, delays, silence, crashes, expired tokens', () => {
  const seeds = seedsToPlay()
  test(`${seeds.length} seeds of ${STEPS} steps: each change is carried out once, none competes with its author's own`, {
    timeout: 1_800_000,
  }, async () => {
    const seen = { reconnects: 0, sames: 0, changes: 0, held: 0 }
    for (const seed of seeds) {
      stage.reset()
      const run = new SyncRun(stage, seed)
      try {
        await run.play(STEPS)
        await check(run)
        for (const user of run.users) {
          seen.reconnects += user.opened - 1
          seen.sames += user.sames
          seen.changes += user.own.results.size + user.shared.results.size
          seen.held += [...user.shared.results.values()].filter(isHeld).length
        }
      } catch (error) {
        const happened = [...run.trace, ...stage.warnings].join('\n')
        throw new Error(`seed ${seed}; run it alone with SLUICE_FAULT_SEED=${seed}\n${happened}`, {
          cause: error,
        })
      } finally {
        for (const { connection } of run.users) connection.stop()
        await stage.crash(true)
      }
    }
    // The runs would prove nothing if nothing had happened in them.
    if (seeds.length === SEEDS)
      for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(SEEDS)
  })
})

const isHeld = (result: Held['results'] extends ReadonlyMap<string, infer R> ? R : never): boolean =>
  result.status === 'done' && Object.values(result.fields).some(({ outcome }) => outcome === 'held')

async function check({ users }: SyncRun): Promise<void> {
  for (const { own } of users) {
    // Nobody else writes it, so nothing of it may ever compete.
    const outcomes = [...own.results.values()].map((result) =>
      result.status === 'done' ? Object.values(result.fields).map(({ outcome }) => outcome) : result,
    )
    expect(outcomes.flat().filter((one) => one !== 'applied')).toEqual([])
    expect(own.snapshot?.conflicts ?? []).toEqual([])
    if (own.dose !== null) expect(own.snapshot?.fields.dose).toBe(own.dose)
  }
  const totals = new Map<string, number>()
  for (const { held } of users)
    for (const { id, stock, lapses } of held) {
      expect(lapses).toEqual([])
      totals.set(id, (totals.get(id) ?? 0) + stock)
    }
  for (const { held } of users)
    for (const { id, snapshot } of held) {
      expect(snapshot?.fields.stock ?? 0).toBe(totals.get(id))
      const stored = await stage.storage.readRecord({ tenant: 'default', collection: 'things', id })
      if (stored !== null) expect(snapshot?.fields).toEqual(stored.fields)
    }
}

function seedsToPlay(): readonly number[] {
  const one = process.env.SLUICE_FAULT_SEED
  if (one !== undefined) return [Number(one)]
  const count = Number(process.env.SLUICE_FAULT_SEEDS ?? SEEDS)
  return Array.from({ length: count }, (_, index) => index + 1)
}
