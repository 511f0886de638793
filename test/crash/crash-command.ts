// `npm run test:crash [-- --cycles 200 --seed 7 --target hocuspocus]`: the crash harness with figures.
import { parseArgs } from 'node:util'
import buildOnce from '../support/build-once.ts'
import { runCrashes } from './crash-run.ts'
import type { CrashTarget } from './crash-target.ts'
import { HocuspocusTarget } from './peers/hocuspocus-target.ts'
import { SluiceTarget } from './sluice-target.ts'

interface Target {
  readonly open: () => Promise<CrashTarget>
  readonly loadMsMax: number
}

const targets: Readonly<Record<string, Target>> = {
  sluice: { open: () => SluiceTarget.open(), loadMsMax: 1_500 },
  // Stores two seconds after an edit, or after ten of steady typing: it is given time to.
  hocuspocus: { open: () => HocuspocusTarget.open(), loadMsMax: 15_000 },
}

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    target: { type: 'string', default: 'sluice' },
  },
})
const target = targets[values.target]
if (target === undefined)
  throw new Error(`there is no target ${values.target}: ${Object.keys(targets).join(', ')}`)
const [seed, cycles] = [Number(values.seed), Number(values.cycles)]

if (values.target === 'sluice') buildOnce()
console.log(`target ${values.target}, ${cycles} cycles, --seed ${seed}`)
const startedAt = performance.now()
const report = await runCrashes(target.open, {
  seed,
  cycles,
  loadMsMax: target.loadMsMax,
  onCycle: (line) => console.log(line),
})
const seconds = Math.round((performance.now() - startedAt) / 1_000)
const { counts, byDoor } = report
const doors = [...byDoor].map(([name, count]) => `${name} ${count}`).join(', ')
for (const problem of report.problems) console.log(problem)
console.log(`
${report.cycles} crashes under load and ${report.crashesAtStart} while starting, in ${seconds} s, seed ${seed}
sent ${report.sent}, acknowledged ${report.acknowledged} (${doors})
lost ${counts.lost}, duplicated ${counts.duplicated}, never sent ${counts.invented}, counters wrong ${counts.miscounted}, problems ${report.problems.length}`)
process.exit(report.problems.length === 0 ? 0 : 1)
