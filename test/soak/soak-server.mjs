// The server under soak: the program's own parts, put together as `main.ts` does, which also answers over the IPC channel
// what only the process itself knows.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pino } from 'pino'
import { startServer } from '../../dist/server/compose.js'
import { loadConfig } from '../../dist/server/load-config.js'
import { readSettings } from '../../dist/server/settings.js'

const RESOLUTION_MS = 5
const NANOSECONDS_PER_MS = 1e6

function orEnd(checked) {
  if (checked.ok) return checked
  process.stderr.write(`${checked.problems.join('\n')}\n`)
  process.exit(1)
}

const { settings } = orEnd(readSettings(process.env))
const { schema } = orEnd(await loadConfig(settings.configFile))
const log = pino({ level: settings.logLevel }, pino.destination(2))
const server = await startServer({ schema, settings, log, onFatal: () => process.exit(1) })

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
loop.enable()
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')
const MICROSECONDS_PER_MS = 1e3
let before = { at: performance.now(), cpu: process.cpuUsage() }

/** Of the time since it was asked last, but for the memory. */
function measure() {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const { user, system } = process.cpuUsage(before.cpu)
  const cores = (user + system) / MICROSECONDS_PER_MS / (performance.now() - before.at)
  before = { at: performance.now(), cpu: process.cpuUsage() }
  // The histogram holds the time between two of its timers: what is beyond its own interval is delay.
  const loopDelayP99Ms = Math.max(0, loop.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS)
  loop.reset()
  return { rss, heapUsed, external, arrayBuffers, cores, loopDelayP99Ms, ...server.rooms.usage }
}

const answers = {
  measure,
  'collect-garbage': () => collectGarbage(),
  'heap-snapshot': (file) => writeHeapSnapshot(file),
}
process.on('message', ({ number, question, operand }) => {
  process.send({ number, answer: answers[question](operand) })
})
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => server.stop().then(() => process.exit(0)))
process.send({ url: server.url })
