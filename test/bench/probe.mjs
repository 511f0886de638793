// Loaded into every server that is measured, Sluice and peers alike: answers over the IPC channel what cannot be read
// from outside, and ends the server when the benchmark is gone.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

const MICROSECONDS_PER_SECOND = 1e6
const NANOSECONDS_PER_MS = 1e6
const RESOLUTION_MS = 5
const BEGIN_MS = 4 * RESOLUTION_MS

if (isMainThread && process.channel !== undefined) {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const answers = {
    // What it measures is the time between two of its timers: it has begun when the first of them has come.
    'watch-loop': async () => {
      loop.enable()
      loop.reset()
      await setTimeout(BEGIN_MS)
    },
    // The histogram holds the time between two of its timers: what is beyond its own interval is delay.
    'loop-delay': () => ({ maxMs: delay(loop.max), p99Ms: delay(loop.percentile(99)) }),
    'cpu-seconds': () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / MICROSECONDS_PER_SECOND
    },
    'collect-garbage': () => {
      setFlagsFromString('--expose-gc')
      runInNewContext('gc')()
    },
  }
  const delay = (nanoseconds) => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS)
  process.on('message', async (question) => process.send((await answers[question]?.()) ?? null))
  process.on('disconnect', () => process.exit())
  process.channel.unref()
}
