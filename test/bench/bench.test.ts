// That the benchmarks run, and that they notice what is wrong. Nothing here fails for being slow.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { BenchContext } from './bench-context.ts'
import { benches } from './benches.ts'
import { goals, judge } from './goals.ts'
import { LoadGenerator } from './load/load-generator.ts'
import { RestWriters } from './load/rest-writers.ts'
import { Typists } from './load/typists.ts'
import { benchmarksPage } from './page.ts'
import type { BenchResult, Measurement, Results, Row } from './results.ts'
import { mergedResults } from './results.ts'
import { RunningTarget, stopAllTargets } from './running-target.ts'
import { smokeScale } from './scale.ts'
import { removeScratch } from './scratch.ts'
import type { TargetName } from './targets.ts'
import { targets } from './targets.ts'

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const run = promisify(execFile)

afterEach(stopAllTargets)
afterAll(removeScratch)

test('bench:smoke: every client of Sluice, the limit and the relay receives exactly what was written', {
  timeout: 300_000,
}, async () => {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', file('bench.ts'), '--smoke'])
  expect(stdout).not.toContain('failed')
  for (const name of ['fan-out', 'rooms', 'cold-open', 'records', 'growth', 'loop', 'clients'])
    expect(stdout).toContain(`\n${name} took `)
})

describe('the load generator notices', () => {
  async function typedThrough(fault: string): Promise<void> {
    const command = [process.execPath, file('faulty-relay.mjs')]
    const running = await RunningTarget.start(
      { ...targets.relay, command },
      { environment: { BENCH_FAULT: fault } },
    )
    const crew = new Typists({ address: running.address, clients: [0, 1, 2], writers: 1, charactersMax: 99 })
    await crew.gather()
    await crew.type({ rate: 200, seconds: 0.6 })
    await crew.check(crew.rest()).finally(() => crew.close())
  }

  test('nothing where everything arrives', async () => {
    await typedThrough('none')
  })

  test('a delivery that is missing', async () => {
    await expect(typedThrough('drops')).rejects.toThrow('gaps')
  })

  test('a letter that is another', async () => {
    await expect(typedThrough('alters')).rejects.toThrow('wrong content')
  })

  test('a record that holds what nobody was answered last', async () => {
    const { port } = await RunningTarget.start(targets.rows)
    const writers = new RestWriters({ port, writers: [['a', 'b']], part: 0 })
    await writers.create()
    await writers.writeOnce()
    await writers.check(writers.expected())
    const another = { method: 'PATCH', body: '{"price":-1}', headers: { 'content-type': 'application/json' } }
    await fetch(`http://127.0.0.1:${port}/v1/records/items/b`, another)
    await expect(writers.check(writers.expected())).rejects.toThrow('wrong content: b has -1')
    writers.close()
  })
})

test('servers are measured in turn, and one that fails is told while the others go on', async () => {
  const order: string[] = []
  const context = new BenchContext({
    rounds: 2,
    seconds: 0,
    warmUpSeconds: 0,
    scale: smokeScale,
    names: ['sluice', 'limit', 'relay'],
    generator: new LoadGenerator(1),
    report: () => {},
  })
  const contestants = context.of('limit', 'sluice', 'hocuspocus')
  const { rows } = await context.table('rooms/1', 'a table', contestants, async ({ name }) => {
    order.push(name)
    if (order.length === 2) throw new Error('missing deliveries')
    return { figure: order.length }
  })
  expect(order).toEqual(['limit', 'sluice', 'limit', 'sluice'])
  expect(rows).toEqual([
    { target: 'limit', measurements: [{ figure: 1 }, { figure: 3 }], failures: [] },
    { target: 'sluice', measurements: [{ figure: 4 }], failures: ['missing deliveries'] },
  ])
})

describe('the page', () => {
  const row = (target: TargetName, ...measurements: Measurement[]): Row => ({
    target,
    measurements,
    failures: [],
  })
  const deliveries = (...figures: number[]): Measurement[] =>
    figures.map((figure) => ({ 'deliveries/s': figure }))
  const result: BenchResult = {
    name: 'fan-out',
    run: {
      startedAt: '2026-01-02T03:04:05.000Z',
      commit: 'commit abc',
      rounds: 3,
      seconds: 4,
      warmUpSeconds: 6,
      size: 'full',
    },
    title: 'Fan-out',
    method: 'As it is.',
    tookSeconds: 1,
    error: null,
    tables: [
      {
        id: 'fan-out/10/saturation',
        title: '10 clients',
        rows: [row('sluice', ...deliveries(300, 100, 200)), row('hocuspocus', ...deliveries(100, 100, 100))],
      },
      {
        id: 'fan-out/200/saturation',
        title: '200 clients',
        rows: [row('sluice', ...deliveries(50)), row('hocuspocus', ...deliveries(100))],
      },
    ],
  }

  test('goals are judged by the ratio of medians in the same run', () => {
    const judged = judge([result]).map(({ goal, table, reached, state }) => [
      table.id,
      goal.figure,
      goal.against,
      reached,
      state,
    ])
    expect(judged).toContainEqual(['fan-out/10/saturation', 'deliveries/s', 'hocuspocus', 2, 'met'])
    expect(judged).toContainEqual(['fan-out/200/saturation', 'deliveries/s', 'hocuspocus', 0.5, 'missed'])
    expect(judged).toContainEqual([
      'fan-out/10/saturation',
      'CPU s per million',
      'limit',
      Number.NaN,
      'not measured',
    ])
  })

  test('it names what was missed, and the spread of what was measured', () => {
    const page = benchmarksPage({
      machine: { processor: 'one' },
      versions: { yjs: '13' },
      benches: [result],
    })
    expect(page).toContain('| sluice | 200 (100–300) |  |')
    expect(page).toContain('| hocuspocus | 100 (100–100) | 2.00 × |')
    expect(page).toContain(
      '- 200 clients: deliveries/s is 0.5 × hocuspocus; the goal is at least 1 × hocuspocus.',
    )
    expect(page).toContain('1 met, 1 missed')
    expect(page).toContain('Measured on 2026-01-02, commit abc: 3 rounds of 4 seconds after 6 to warm up.')
  })

  test('a run takes the place of what its benches measured before, and of nothing else', () => {
    const results = (...benches: BenchResult[]): Results => ({ machine: {}, versions: {}, benches })
    const ofLater = (name: string): BenchResult => ({
      ...result,
      name,
      run: { ...result.run, startedAt: '2026-02-02T00:00:00.000Z', commit: 'commit def' },
    })
    const order = ['rooms', 'fan-out', 'storm']
    const known = results({ ...result, name: 'rooms' }, result)
    const latest = { ...results(ofLater('storm'), ofLater('fan-out')), versions: { yjs: '14' } }
    const merged = mergedResults(known, latest, order)
    expect(merged.benches.map(({ name, run }) => [name, run.commit])).toEqual([
      ['rooms', 'commit abc'],
      ['fan-out', 'commit def'],
      ['storm', 'commit def'],
    ])
    expect(merged.versions).toEqual({ yjs: '14' })
    expect(mergedResults(null, latest, order).benches).toHaveLength(2)
  })

  test('every goal is about a bench that there is', () => {
    const names = benches.map(({ name }) => name)
    const lost = goals.filter(({ table }) => !names.some((name) => table.source.startsWith(`^${name}`)))
    expect(lost).toEqual([])
  })
})
