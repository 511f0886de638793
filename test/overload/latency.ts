// How long an honest client waits for his writes, in quiet and beside those who mean no good.
import { rest } from '../support/rest-client.ts'
import type { ServerProcess } from '../support/server-process.ts'

export interface Latencies {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly count: number
}

const PAUSE_MS = 5

/** Writes to a record until `work` is done, one write after the other. @throws if one is not acknowledged. */
export async function latenciesBeside(server: ServerProcess, work: Promise<unknown>): Promise<Latencies> {
  let isOver = false
  const done = work.finally(() => {
    isOver = true
  })
  const created = await rest(server.url, 'PUT', '/v1/records/items/honest', { name: 'honest', stock: 0 })
  if (created.status >= 300) throw new Error(`the honest client was answered ${created.status}`)
  const waits: number[] = []
  while (!isOver || waits.length === 0) {
    const began = performance.now()
    const body = { stock: { $increment: 1 } }
    const { status } = await rest(server.url, 'PATCH', '/v1/records/items/honest', body)
    if (status !== 200) throw new Error(`the honest client was answered ${status}`)
    waits.push(performance.now() - began)
    await pause(PAUSE_MS)
  }
  await done
  waits.sort((a, b) => a - b)
  const at = (share: number): number =>
    waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99), count: waits.length }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const told = ({ p50Ms, p99Ms, count }: Latencies): string =>
  `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms of ${count} writes`
