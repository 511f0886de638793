// `npm run bench`: runs Sluice, its peers and the limit side by side, several rounds in turn, and prints each figure's
// minimum, median and maximum, with Sluice's ratio to each of the others. Machines are noisy: the ratios count.
// npm run bench -- --rounds 3 --seconds 5 --sizes 10,50 --targets sluice,hocuspocus
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { FanOutResult, LatencyResult } from './fan-out.ts'
import { measureLatency, saturate } from './fan-out.ts'
import { printTable, Rounds } from './report.ts'
import type { TargetName } from './target.ts'
import { targets } from './target.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    sizes: { type: 'string', default: '10,50,200' },
    targets: { type: 'string', default: Object.keys(targets).join() },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const names = values.targets.split(',').filter((name): name is TargetName => name in targets)

/** Share of what Hocuspocus delivers at its best at which latency is measured, the same rate for everybody. */
const MODERATE = 0.2
const RATE_MAX = 20_000

installPeers()
for (const size of values.sizes.split(',').map(Number)) await fanOut(size)

async function fanOut(size: number): Promise<void> {
  const busy = new Rounds<FanOutResult>()
  for (let round = 0; round < rounds; round++)
    for (const name of names) busy.add(name, await saturate(targets[name], size, seconds))
  printTable(`${size} clients in one room, 10 of them typing, as fast as it goes`, busy, {
    'deliveries/s': ({ deliveriesPerSecond }) => deliveriesPerSecond,
    'server CPU s per million': ({ cpuPerMillion }) => cpuPerMillion,
    'load generator, share of a core': ({ loadShare }) => loadShare,
  })

  const reference = names.includes('hocuspocus') ? 'hocuspocus' : names[0]
  if (reference === undefined) return
  const capacity = busy.median(reference, ({ deliveriesPerSecond }) => deliveriesPerSecond)
  const rate = Math.min((capacity * MODERATE) / (size - 1), RATE_MAX)
  const calm = new Rounds<LatencyResult>()
  for (let round = 0; round < rounds; round++)
    for (const name of names) calm.add(name, await measureLatency(targets[name], size, rate, seconds))
  printTable(`${size} clients, ${Math.round(rate)} characters a second`, calm, {
    'p50 ms': ({ p50 }) => p50,
    'p99 ms': ({ p99 }) => p99,
    'durable ack p99 ms': ({ ackP99 }) => ackP99 ?? Number.NaN,
  })
}

/** The peers are no dependencies of the project: they are installed when they are first needed. */
function installPeers(): void {
  const folder = fileURLToPath(new URL('peers', import.meta.url))
  if (existsSync(`${folder}/node_modules`)) return
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('the peers could not be installed')
}
