// docs/BENCHMARKS.md, written from what a run has measured.
import type { Verdict } from './goals.ts'
import { judge } from './goals.ts'
import type { BenchResult, BenchRun, Results } from './results.ts'
import { GENERATOR, medianOf } from './results.ts'
import { markdownTable, markdownVerdicts, shortNumber } from './tables.ts'
import { targets } from './targets.ts'

export function benchmarksPage(results: Results): string {
  const verdicts = judge(results.benches)
  const parts = [
    HEAD,
    setting(results),
    goalsOf(verdicts),
    ...results.benches.map(section),
    `## Where Sluice loses\n\n${losses(verdicts)}`,
  ]
  return `${parts.join('\n\n')}\n`
}

const HEAD = `# Benchmarks

Written by \`npm run bench\`; do not edit. Sluice, its peers and the limit ran on one machine in turn; each part says when,
and how often and how long each of them was under load. Figures are medians, with the least and the most beside them; what counts is the
ratio between servers, since machines differ and are noisy. Every run checks that each client has received
exactly what was written; one that fails is told below its table.`

const counted = (rounds: number): string => `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`

/** Which run of it the figures are from. */
const runLine = ({ startedAt, commit, rounds, seconds, warmUpSeconds, size }: BenchRun): string =>
  `Measured on ${startedAt.slice(0, 10)}, ${commit}: ${counted(rounds)} of ${seconds} seconds after ${warmUpSeconds} to warm up${size === 'full' ? '' : `, at ${size} size`}.`

function setting({ machine, versions, benches }: Results): string {
  const names = new Set(
    benches.flatMap(({ tables }) => tables.flatMap(({ rows }) => rows.map((r) => r.target))),
  )
  const list = (entries: Readonly<Record<string, string>>): string =>
    Object.entries(entries)
      .map(([name, value]) => `| ${name} | ${value} |`)
      .join('\n')
  const servers = [...names].map((name) => `| \`${name}\` | ${targets[name].about} |`).join('\n')
  return `## Machine and versions

| | |
|---|---|
${list(machine)}

| package | version |
|---|---|
${list(versions)}

| server | |
|---|---|
${servers}

Servers are processes of their own, started anew for each measurement on an empty data folder unless it says
otherwise. Their CPU time and memory are those of the whole process with all its threads, as the kernel counts them. The load
generator is several processes; "${GENERATOR}" is how near it came to its ceiling, in percent: that of its processes which was
busiest, as a share of a core, or all of them, as a share of what they used and what the machine had idle, whichever
is more. Near 100 the generator, or the machine, was measured and not the server.`
}

function goalsOf(verdicts: readonly Verdict[]): string {
  const count = (state: Verdict['state']): number => verdicts.filter((one) => one.state === state).length
  return `## Goals

${count('met')} met, ${count('missed')} missed, ${count('not measured')} not measured.

${markdownVerdicts(verdicts)}`
}

function section(bench: BenchResult): string {
  const tables = bench.tables.map((table) => `### ${table.title}\n\n${markdownTable(table)}`)
  const error = bench.error === null ? '' : `It did not come to its end: ${bench.error}`
  return [`## ${bench.title}`, runLine(bench.run), bench.method, error, generatorLine(bench), ...tables]
    .filter(Boolean)
    .join('\n\n')
}

/** How near the generator came to its ceiling, at its worst, or nothing. */
export function generatorLine({ tables }: BenchResult): string {
  const rows = tables.flatMap((table) => table.rows.map((row) => ({ table, row })))
  const shares = rows
    .map(({ table, row }) => ({ table, row, share: medianOf(row, GENERATOR) }))
    .filter(({ share }) => !Number.isNaN(share))
    .sort((a, b) => b.share - a.share)
  const [worst] = shares
  if (worst === undefined) return ''
  const own = shares.find(({ row }) => row.target === 'sluice')
  const ofSluice = own === undefined ? '' : `; for Sluice at ${shortNumber(own.share)} % at most`
  return `Generator at ${shortNumber(worst.share)} % of its ceiling at most (${worst.row.target}, ${worst.table.title})${ofSluice}.`
}

function losses(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ state }) => state === 'missed')
  if (missed.length === 0) return 'No goal was missed in this run.'
  return missed
    .map(({ goal, table, reached }) => {
      const unit = goal.against === null ? '' : ` × ${goal.against}`
      return `- ${table.title}: ${goal.figure} is ${shortNumber(reached)}${unit}; the goal is ${goal.bound} ${goal.value}${unit}.`
    })
    .join('\n')
}
