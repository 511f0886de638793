// `npm run bench`: runs Sluice, its peers and the limit side by side, several rounds in turn, prints each figure's median,
// least and most with Sluice's ratio to each of the others, and writes docs/BENCHMARKS.md.
// npm run bench -- --only fan-out,storm --rounds 3 --seconds 5 --targets sluice,hocuspocus
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Bench } from './bench-context.ts'
import { BenchContext } from './bench-context.ts'
import { benches } from './benches.ts'
import { judge } from './goals.ts'
import { LoadGenerator } from './load/load-generator.ts'
import { describeCommit, describeMachine, describeVersions } from './machine.ts'
import { benchmarksPage, generatorLine } from './page.ts'
import type { BenchResult, BenchRun, Results } from './results.ts'
import { mergedResults } from './results.ts'
import { endTargets, stopAllTargets } from './running-target.ts'
import { fullScale, quickScale, smokeScale } from './scale.ts'
import { scratchFolder } from './scratch.ts'
import { markdownTable, markdownVerdicts } from './tables.ts'
import type { TargetName } from './targets.ts'
import { peersFolder, targets } from './targets.ts'

const USAGE = `npm run bench -- [options]
  --only <names>     some of: ${benches.map(({ name }) => name).join(', ')}
  --tables <pattern> of their tables those whose id matches, such as growth/budget; printed only
  --targets <names>  some of: ${Object.keys(targets).join(', ')}
  --rounds <n>       times that each server is measured, in turn (3)
  --seconds <n>      under load each time (4)
  --quick            one round of three seconds, with fewer records and less history: for whoever works on speed
  --smoke            as small as shows that everything arrives, without the peers; never writes the page
  --write            writes docs/BENCHMARKS.md also if not all benches have run: the others as they ran last
  --page             only writes docs/BENCHMARKS.md again, from what each bench measured last`

/** Of each bench those of the last time that it ran. */
const results = fileURLToPath(new URL('results.json', import.meta.url))
const page = fileURLToPath(new URL('../../docs/BENCHMARKS.md', import.meta.url))
/** Processes of the load generator: so many that a server of one thread does not outrun them. */
const GENERATOR_PROCESSES = 2

const sizes = {
  full: { rounds: 3, seconds: 4, warmUpSeconds: 6, scale: fullScale },
  quick: { rounds: 1, seconds: 3, warmUpSeconds: 4, scale: quickScale },
  smoke: { rounds: 1, seconds: 0.3, warmUpSeconds: 0.15, scale: smokeScale },
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    tables: { type: 'string' },
    targets: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const size: BenchRun['size'] = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'

/** What needs nothing but what the project has installed. */
const SMOKE_TARGETS = 'sluice,limit,relay,floor,rows,constant'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** So small that nothing takes long. */
const SMOKE_ANSWER_MS = 60_000
/** Of a part of a bench nothing is kept. */
const isPart = values.smoke || values.tables !== undefined

const generator = new LoadGenerator(GENERATOR_PROCESSES, values.smoke ? SMOKE_ANSWER_MS : undefined)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void Promise.all([generator.stop(), endTargets()]).then(() => process.exit(1))
  })

if (values.help) say(USAGE)
else if (values.page) writePage(readFileSync(results, 'utf8'))
else await run()

async function run(): Promise<void> {
  const chosen = chooseFrom(benches, values.only)
  const isFull = chosen.length === benches.length && values.targets === undefined && !isPart && !values.quick
  prepare()
  const wanted = values.targets ?? (values.smoke ? SMOKE_TARGETS : undefined)
  const names = chooseFrom(Object.values(targets), wanted).map(({ name }) => name)
  const context = contextOf(names)
  const known: Results | null = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : null
  let done: Results = {
    machine: describeMachine(scratchFolder('machine')),
    versions: describeVersions(),
    benches: [],
  }
  for (const bench of chosen) {
    done = { ...done, benches: [...done.benches, await runOne(bench, context)] }
    const merged = mergedResults(
      known,
      done,
      benches.map(({ name }) => name),
    )
    if (!isPart) writeFileSync(results, JSON.stringify(merged))
  }
  await generator.stop()
  await endTargets()
  finish(done, isFull || values.write)
}

async function runOne(bench: Bench, context: BenchContext): Promise<BenchResult> {
  const { name, title, method } = bench
  const { rounds, seconds, warmUpSeconds } = context
  const startedAt = new Date().toISOString()
  const run = { startedAt, commit: describeCommit(), rounds, seconds, warmUpSeconds, size }
  const began = performance.now()
  const { tables, error } = await tablesOf(bench, context)
  const tookSeconds = (performance.now() - began) / 1_000
  const result = { name, run, title, method, tookSeconds, tables, error }
  for (const table of tables) say(`\n### ${table.title}\n\n${markdownTable(table)}`)
  say(`\n${name} took ${tookSeconds.toFixed(0)} s. ${generatorLine(result)}`)
  return result
}

/** What one bench cannot do keeps the others from nothing. */
async function tablesOf(bench: Bench, context: BenchContext): Promise<Pick<BenchResult, 'tables' | 'error'>> {
  try {
    const tables = (await bench.run(context)).filter(({ rows }) => rows.length > 0)
    return { tables, error: null }
  } catch (error) {
    await generator.stop()
    await stopAllTargets()
    const message = error instanceof Error ? error.message : String(error)
    say(`${bench.name} failed: ${message}`)
    return { tables: [], error: message }
  }
}

/** Whatever its own servers do wrong is an error of this run; what peers do wrong is told. */
function finish(done: Results, writesPage: boolean): void {
  if (!values.smoke) say(`\n## Goals\n\n${markdownVerdicts(judge(done.benches))}`)
  if (writesPage && !isPart) {
    writePage(readFileSync(results, 'utf8'))
    say('\nWritten: docs/BENCHMARKS.md')
  }
  const rows = done.benches.flatMap(({ tables }) => tables.flatMap((table) => table.rows))
  const failures = [
    ...rows.filter(({ target }) => !targets[target].isPeer).flatMap((row) => row.failures),
    ...done.benches.flatMap(({ error }) => error ?? []),
  ]
  if (failures.length === 0) return
  process.stderr.write(`\nFailed:\n${failures.map((one) => `  ${one}\n`).join('')}`)
  process.exitCode = 1
}

/** @param measured what `results.json` holds. */
function writePage(measured: string): void {
  writeFileSync(page, benchmarksPage(JSON.parse(measured)))
}

function contextOf(names: readonly TargetName[]): BenchContext {
  const { rounds, seconds, warmUpSeconds, scale } = sizes[size]
  return new BenchContext({
    rounds: Number(values.rounds ?? rounds),
    seconds: Number(values.seconds ?? seconds),
    warmUpSeconds,
    scale: values.tables === undefined ? scale : { ...scale, tables: new RegExp(values.tables) },
    names,
    generator,
    report: say,
  })
}

/** @throws RangeError for a name that there is not. */
function chooseFrom<T extends { readonly name: string }>(
  all: readonly T[],
  list: string | undefined,
): readonly T[] {
  if (list === undefined) return all
  const wanted = list.split(',')
  const unknown = wanted.find((name) => all.every((one) => one.name !== name))
  if (unknown !== undefined) throw new RangeError(`there is no "${unknown}"\n${USAGE}`)
  return all.filter(({ name }) => wanted.includes(name))
}

/** The peers are no dependencies of the project: they are installed when they are first needed. */
function prepare(): void {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  if (!values.smoke) execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' })
  if (values.smoke || isInstalled(peersFolder)) return
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: peersFolder,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the peers could not be installed')
}

/** As its lock says now: npm writes a lock of its own when it has installed what that names. */
function isInstalled(folder: string): boolean {
  const installed = `${folder}/node_modules/.package-lock.json`
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${folder}/package-lock.json`).mtimeMs
  )
}
