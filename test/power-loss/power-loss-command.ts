// `npm run test:power-loss [-- --cycles 50 --faults 100 --seed 7]`: power failures, the control run that must lose
// something, failing fsyncs and full disks, with figures.
import { parseArgs } from 'node:util'
import { runCrashes } from '../crash/crash-run.ts'
import buildOnce from '../support/build-once.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { shimProblem } from './disk-shim.ts'
import { runFaults } from './fault-run.ts'
import { PowerLossTarget } from './power-loss-target.ts'

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '50' },
    faults: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const [seed, cycles, faults] = [Number(values.seed), Number(values.cycles), Number(values.faults)]

const missing = shimProblem()
if (missing !== null) {
  console.log(`skipped: ${missing}`)
  process.exit(0)
}
buildOnce()
console.log(`--seed ${seed}`)
const problems: string[] = []
const random = new SeededRandom(seed)
const say = (line: string): void => console.log(line)

if (cycles > 0) {
  const real = await runCrashes(() => PowerLossTarget.power({ random }), { seed, cycles, onCycle: say })
  problems.push(...real.problems)
  say(
    `${real.cycles} power failures: acknowledged ${real.acknowledged}, lost ${real.counts.lost}, ` +
      `duplicated ${real.counts.duplicated}, problems ${real.problems.length}`,
  )
  const control = await runCrashes(() => PowerLossTarget.power({ random, isControl: true }), {
    seed,
    cycles,
    untilFirstProblem: true,
  })
  say(`control with synchronous=NORMAL: lost ${control.counts.lost} in ${control.cycles} power failures`)
  if (control.counts.lost === 0) problems.push('the control lost nothing, so the run proves nothing')
}
for (const kind of ['sync-fails', 'disk-full'] as const) {
  const report = await runFaults({ kind, seed, faults, onFault: say })
  problems.push(...report.problems)
  const outcomes = Object.entries(report.outcomes).map(([outcome, times]) => `${outcome} ${times}`)
  say(
    `${report.faults} times ${kind}: ${outcomes.join(', ')}; acknowledged ${report.acknowledged}, ` +
      `problems ${report.problems.length}`,
  )
}
for (const problem of problems) say(problem)
process.exit(problems.length === 0 ? 0 : 1)
