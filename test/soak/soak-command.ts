// `npm run test:soak [-- --minutes 30 --seed 7 --slowness 10 --snapshots <folder>]`: the same load for a long time, with what the server
// uses, a line a minute.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import buildOnce from '../support/build-once.ts'
import type { Sample } from './soak-run.ts'
import { SoakRun } from './soak-run.ts'
import { SoakServer } from './soak-server.ts'
import { slopeOf } from './trend.ts'

const MIB = 1024 * 1024
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const SHIFT_MS_MAX = 20_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    slowness: { type: 'string', default: '10' },
    snapshots: { type: 'string' },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]

const columns: readonly (readonly [title: string, width: number, of: (sample: Sample) => string])[] = [
  ['minute', 6, ({ atMs }) => (atMs / MINUTE_MS).toFixed(0)],
  ['resident MiB', 12, ({ rss }) => (rss / MIB).toFixed(0)],
  ['heap MiB', 8, ({ heapUsed }) => (heapUsed / MIB).toFixed(0)],
  ['external MiB', 12, ({ external }) => (external / MIB).toFixed(0)],
  ['rooms', 6, ({ rooms }) => String(rooms)],
  ['rooms MiB', 9, ({ bytes }) => (bytes / MIB).toFixed(1)],
  ['cores', 5, ({ cores }) => cores.toFixed(2)],
  ['loop p99 ms', 11, ({ loopDelayP99Ms }) => loopDelayP99Ms.toFixed(1)],
  ['writes/s', 8, ({ writesPerSecond }) => writesPerSecond.toFixed(0)],
  ['ack p50 ms', 10, ({ ackP50Ms }) => ackP50Ms.toFixed(1)],
  ['ack p99 ms', 10, ({ ackP99Ms }) => ackP99Ms.toFixed(1)],
  ['database MiB', 12, ({ databaseBytes }) => (databaseBytes / MIB).toFixed(0)],
  ['log MiB', 7, ({ logBytes }) => (logBytes / MIB).toFixed(1)],
]
const line = (cells: readonly string[]): string =>
  cells.map((cell, index) => cell.padStart(columns[index]?.[1] ?? 0)).join('  ')

buildOnce()
await using server = await SoakServer.start()
const samples: Sample[] = []
console.log(`${minutes} minutes, --seed ${seed}\n${line(columns.map(([title]) => title))}`)
const run = new SoakRun(server, {
  seed,
  durationMs: minutes * MINUTE_MS,
  sampleEveryMs: MINUTE_MS,
  shiftMsMax: SHIFT_MS_MAX,
  slowness: Number(values.slowness),
  onSample(sample) {
    samples.push(sample)
    console.log(line(columns.map(([, , of]) => of(sample))))
    if (values.snapshots !== undefined && [Math.ceil(minutes / 3), minutes].includes(samples.length))
      void server.writeHeapSnapshot(join(values.snapshots, `minute-${samples.length}.heapsnapshot`))
  },
})
process.on('SIGINT', () => run.stop())
const { acknowledged, told, shifts, problems } = await run.run()

const later = samples.slice(Math.floor(samples.length / 2))
const perHour = (of: (sample: Sample) => number): string => {
  const slope = slopeOf(later.map((sample) => ({ x: sample.atMs, y: of(sample) })))
  return ((slope * HOUR_MS) / MIB).toFixed(1)
}
if (server.isRunning) await server.collectGarbage()
const settled = server.isRunning ? (await server.measure()).heapUsed / MIB : 0
for (const problem of problems) console.log(problem)
console.log(`
${shifts} shifts, ${acknowledged} writes acknowledged, ${told} told by the change log, ${problems.length} problems
in the second half, MiB an hour: resident ${perHour(({ rss }) => rss)}, heap ${perHour(({ heapUsed }) => heapUsed)}, external ${perHour(({ external }) => external)}
heap in the end, without garbage: ${settled.toFixed(0)} MiB`)
process.exitCode = problems.length === 0 ? 0 : 1
