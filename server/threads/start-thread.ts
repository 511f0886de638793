/** Starts worker threads from modules that are TypeScript in a checkout and JavaScript once built. */
import type { WorkerOptions } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'

/** The module `name` beside the importing one (`import.meta.url`), with the same ending. */
export const threadModule = (importer: string, name: string): URL =>
  new URL(`./${name}.${importer.endsWith('.ts') ? 'ts' : 'js'}`, importer)

/** What a thread allocates anew before it is cleaned up, thrice: as much as the main thread has would stay resident. */
const YOUNG_MB_MAX = 12

export function startThread(module: URL, options: Omit<WorkerOptions, 'execArgv'> = {}): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB_MAX, ...options.resourceLimits }
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { ...options, resourceLimits })
  const loader = new URL('./typescript-thread.mjs', import.meta.url)
  return new Worker(module, { ...options, resourceLimits, execArgv: ['--import', loader.href] })
}
