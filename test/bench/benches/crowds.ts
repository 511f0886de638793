// What hundreds cost who follow the same record, the same list or the same inbox while somebody writes to it.
import type { BenchContext } from '../bench-context.ts'
import type { Followed } from '../load/followers.ts'
import { largest, p50, p99, sum } from '../load/measures.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import type { Target } from '../targets.ts'

const CHANGES_PER_SECOND = 20
const ROWS = 50

export async function crowds(context: BenchContext): Promise<readonly Table[]> {
  const { people } = context.scale.loop
  const followed: readonly (readonly [Followed, string])[] = [
    ['record', 'one record'],
    ['list', `a live list of ${ROWS}`],
    ['inbox', `an inbox of ${ROWS}`],
  ]
  const tables: Table[] = []
  for (const [id, title] of followed)
    tables.push(
      await context.table(
        `loop/load/crowd-${id}`,
        `${people} who follow ${title}, and ${CHANGES_PER_SECOND} changes a second`,
        context.of('sluice'),
        (target) => measureCrowd(context, target, id),
      ),
    )
  return tables
}

async function measureCrowd(
  { generator, scale, seconds, warmUpSeconds }: BenchContext,
  target: Target,
  followed: Followed,
): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const crew = await generator.assemble('followers', (part) => ({
    port: running.port,
    clients: generator.share(scale.loop.people, part),
    followed,
    rows: ROWS,
  }))
  await crew.all('prepare')
  await crew.all('follow')
  const write = async (forSeconds: number): Promise<number> =>
    largest(await crew.all('write', { rate: CHANGES_PER_SECOND, seconds: forSeconds }))
  await crew.all('hear', await write(warmUpSeconds))
  await crew.all('forget')
  await running.watchLoop()
  const before = running.usage().cpuSeconds
  const meter = generator.meter()
  const last = await write(seconds)
  const percent = await meter.percent()
  const cpu = running.usage().cpuSeconds - before
  const heard = await crew.all('hear', last)
  const { maxMs, p99Ms } = await running.loopDelay()
  await crew.all('close')
  await running.stop()
  const delays = heard.flatMap((one) => one.delays)
  return {
    'loop delay max ms': maxMs,
    'loop delay p99 ms': p99Ms,
    'heard p50 ms': p50(delays),
    'heard p99 ms': p99(delays),
    'frames/s': sum(heard.map(({ frames }) => frames)) / seconds,
    'CPU s per s': cpu / seconds,
    [GENERATOR]: percent,
  }
}
