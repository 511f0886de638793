// How long the server's main thread is held by a record that is written to without a pause, and by one that has become old.
import type { BenchContext } from '../bench-context.ts'
import { pause, sum } from '../load/measures.ts'
import type { Written } from '../load/timed-writes.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { scratchFolder } from '../scratch.ts'
import type { Target } from '../targets.ts'

const WRITERS = 20
const RECORD = 'r-1'
const YOUNG = 'r-2'
const MIB = 2 ** 20
/** In which a server goes on with what it does behind its clients' backs, such as snapshots and projections. */
export const AFTERWARDS_MS = 2_000
/** In which a server that has started comes to rest. */
const REST_MS = 1_000

export async function loopRecords(context: BenchContext): Promise<readonly Table[]> {
  const targets = context.of('sluice')
  return [
    await context.table(
      'loop/load/record',
      `A record that ${WRITERS} write to through REST, as fast as it goes`,
      targets,
      (target) => measureBusy(context, target),
    ),
    await context.table(
      'loop/load/old-record',
      'An old record is written to, on a server that has just been started',
      targets,
      (target) => measureOld(context, target),
    ),
    await context.table(
      'loop/load/old-conflict',
      'Two who have not seen each other write to an old record',
      targets,
      (target) => measureConflict(context, target),
    ),
  ]
}

const writers = ({ generator }: BenchContext, { port }: RunningTarget, count: number) =>
  generator.assemble('rest-writers', (part) => ({
    port,
    part,
    writers: generator.share(count, part).map(() => [RECORD]),
  }))

const countOf = (written: readonly Written[]): number => sum(written.map(({ waitsMs }) => waitsMs.length))

async function measureBusy(context: BenchContext, target: Target): Promise<Measurement> {
  const { generator } = context
  const running = await RunningTarget.start(target)
  const crew = await writers(context, running, WRITERS)
  await crew.all('create')
  const seconds = context.warmUpSeconds + context.seconds
  const before = await crew.all('write', { seconds })
  await running.watchLoop()
  const cpuBefore = running.usage().cpuSeconds
  const meter = generator.meter()
  const written = await crew.all('write', { seconds })
  const percent = await meter.percent()
  await pause(AFTERWARDS_MS)
  const { maxMs, p99Ms } = await running.loopDelay()
  const { cpuSeconds, peakBytes } = running.usage()
  await crew.all('close')
  await running.stop()
  return {
    'loop delay max ms': maxMs,
    'loop delay p99 ms': p99Ms,
    'changes in the end': countOf([...before, ...written]),
    'server CPU s': cpuSeconds - cpuBefore,
    'peak memory MiB': peakBytes / MIB,
    [GENERATOR]: percent,
  }
}

/** A folder in which a record has been written to for a while, and how often. */
async function oldRecord(context: BenchContext, target: Target) {
  const data = scratchFolder('old-record')
  const seconds = context.warmUpSeconds + context.seconds
  const before = await RunningTarget.start(target, { data })
  const crowd = await writers(context, before, WRITERS)
  await crowd.all('create')
  const changes = countOf(await crowd.all('write', { seconds }))
  await crowd.all('close')
  await before.stop()
  return { data, changes }
}

async function measureOld(context: BenchContext, target: Target): Promise<Measurement> {
  const { data, changes } = await oldRecord(context, target)
  const running = await RunningTarget.start(target, { data })
  const one = await writers(context, running, 1)
  await pause(REST_MS)
  await running.watchLoop()
  const [first] = (await one.all('writeOnce')).flat()
  const [second] = (await one.all('writeOnce')).flat()
  await pause(AFTERWARDS_MS)
  const { maxMs } = await running.loopDelay()
  const { peakBytes } = running.usage()
  await one.all('close')
  await running.stop()
  if (first === undefined || second === undefined) throw new Error('nobody has written')
  return {
    'loop delay max ms': maxMs,
    'changes before': changes,
    'first write ms': first,
    'next write ms': second,
    'peak memory MiB': peakBytes / MIB,
  }
}

/** The server has been at work for a while: what is measured is the conflict, and not code that runs for the first time. */
async function measureConflict(context: BenchContext, target: Target): Promise<Measurement> {
  const { data, changes } = await oldRecord(context, target)
  const { generator } = context
  const running = await RunningTarget.start(target, { data })
  const crew = await generator.assemble('sync-writers', (part) => ({
    port: running.port,
    writers: generator.share(1, part).map(() => [YOUNG, RECORD]),
    ahead: 1,
  }))
  await crew.all('open')
  await crew.all('compete', YOUNG)
  await pause(AFTERWARDS_MS)
  await running.watchLoop()
  const waits = await crew.all('compete', RECORD)
  const { maxMs } = await running.loopDelay()
  await crew.all('close')
  await running.stop()
  return { 'loop delay max ms': maxMs, 'changes before': changes, 'answer ms': Math.max(...waits) }
}
