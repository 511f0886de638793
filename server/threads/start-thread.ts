/** Starts worker threads from modules that are TypeScript in a checkout and JavaScript once built. */
import type { WorkerOptions } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'

/** The module `name` beside the importing one (`import.meta.url`), with the same ending. */
export const threadModule = (importer: string, name: string): URL =>
  new URL(`./${name}.${importer.endsWith('.ts') ? 'ts' : 'js'}`, importer)

export function startThread(module: URL, options: Omit<WorkerOptions, 'execArgv'> = {}): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, options)
  const loader = new URL('./typescript-thread.mjs', import.meta.url)
  return new Worker(module, { ...options, execArgv: ['--import', loader.href] })
}
