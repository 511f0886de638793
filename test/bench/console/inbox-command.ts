// How the inbox of the console does with many open conflicts, in a real Chromium against the real program:
// `npm run bench:console`, or `npm run bench:console -- 2000` for as many. It prints figures and judges none.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { ConsoleStage } from '../../interop/console/console-stage.ts'
import { makeConflicts } from '../../interop/console/make-conflicts.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { inThePage } from './in-the-page.ts'

const CONFIG = fileURLToPath(new URL('../../interop/console/inbox.config.ts', import.meta.url))
const BUILD = fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url))
const DECISIONS = 60
const FRAMES = 600

const wanted = Number(process.argv[2] ?? 10_000)
if (!Number.isInteger(wanted) || wanted < 200) throw new RangeError('give a number of conflicts, 200 or more')

function tell(name: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number): string =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)} ms`
  console.log(`${name.padEnd(44)} median ${at(0.5)}, 95 % ${at(0.95)}, most ${at(1)} (${values.length})`)
}

/** Processor time that the page's thread has used, in milliseconds: what a busy machine does not add to. */
async function pageClock(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
}

async function decide(page: Page, clock: () => Promise<number>, name: string): Promise<void> {
  const before = await clock()
  const { there, drawn } = await page.evaluate(inThePage.decide, DECISIONS)
  tell(name, there)
  tell('  drawn', drawn)
  console.log(
    `${'  processor time in the page'.padEnd(44)} ${(((await clock()) - before) / DECISIONS).toFixed(1)} ms`,
  )
}

execFileSync(process.execPath, [BUILD], { stdio: 'inherit' })
const server = await ServerProcess.start({ SLUICE_CONFIG: CONFIG, SLUICE_REQUESTS_PER_SECOND: '1000000' })
const stage = await ConsoleStage.open(server)
try {
  console.log(`${cpus().length} processors (${cpus()[0]?.model}), load ${loadavg()[0]?.toFixed(1)}`)
  const started = performance.now()
  await makeConflicts(server, wanted)
  console.log(`${wanted} open conflicts, made in ${((performance.now() - started) / 1000).toFixed(0)} s`)

  const opened = performance.now()
  const { page } = await stage.visit('/inbox')
  await page.getByRole('option').first().waitFor()
  console.log(`${'the list is there'.padEnd(44)} ${(performance.now() - opened).toFixed(0)} ms`)
  await page.getByRole('article').waitFor()
  // What runs TypeScript here names functions by a helper that the page has not.
  await page.evaluate('globalThis.__name = (named) => named')
  const clock = await pageClock(page)
  await decide(page, clock, 'a decision, with a page of 100 loaded')

  const reading = await page.evaluate(inThePage.scrollThrough, 3)
  tell('a frame, while all are read by scrolling', reading.frames)
  console.log(
    `${'read, 200 at a time'.padEnd(44)} ${(reading.ms / 1000).toFixed(1)} s, rows in the page: ${reading.rowsMax}`,
  )
  const again = await page.evaluate(inThePage.scrollOver, FRAMES)
  tell('a frame, scrolling over all of them', again.frames)
  console.log(`${'rows in the page'.padEnd(44)} ${again.rowsMax}`)
  await decide(page, clock, 'a decision, with all of them loaded')
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`)
} finally {
  await stage.close()
}
