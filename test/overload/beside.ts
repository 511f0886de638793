// Honest writes beside an attack, in quiet before it, and beside the same attack on somebody else.
import { once } from 'node:events'
import { startThread } from '../../server/threads/start-thread.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import type { Attack, AttackData } from './attack-worker.ts'
import type { Latencies } from './latency.ts'
import { latenciesBeside, pause, told } from './latency.ts'
import type { SinkData } from './sink-worker.ts'

export interface Compared {
  readonly quiet: Latencies
  readonly beside: Latencies
  /** Beside an attacker who sends as much to a sink: the server has nothing to do with him, but the machine has. */
  readonly control: Latencies
  /** What the attack came to; null if it was ended. */
  readonly result: unknown
}

interface Beside {
  readonly latencies: Latencies
  readonly messagesPerSecond: number
  readonly result: unknown
}

/** @param forMs how long an attack that never ends goes on; null for one that does. */
export async function compare(
  server: ServerProcess,
  attack: Attack,
  { quietMs, forMs }: { readonly quietMs: number; readonly forMs: number | null },
): Promise<Compared> {
  const quiet = await latenciesBeside(server, pause(quietMs))
  const { latencies, messagesPerSecond, result } = await besideAttack(server, server.port, attack, forMs)
  const sink = startThread(new URL('./sink-worker.ts', import.meta.url), {
    workerData: { messagesPerSecond } satisfies SinkData,
  })
  const [port] = (await once(sink, 'message')) as [number]
  const control = await besideAttack(server, port, attack, forMs)
  await sink.terminate()
  return { quiet, beside: latencies, control: control.latencies, result }
}

async function besideAttack(
  server: ServerProcess,
  port: number,
  attack: Attack,
  forMs: number | null,
): Promise<Beside> {
  const sent = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const thread = startThread(new URL('./attack-worker.ts', import.meta.url), {
    workerData: { port, attack, sent } satisfies AttackData,
  })
  const over = once(thread, 'message')
  // Making the payloads is no part of the attack.
  const counter = new Int32Array(sent)
  await until(() => Atomics.load(counter, 0) > 0, 'the attack to begin')
  const began = performance.now()
  const work = forMs === null ? over : pause(forMs)
  const latencies = await latenciesBeside(server, work)
  const seconds = (performance.now() - began) / 1_000
  await thread.terminate()
  const result: unknown = forMs === null ? (await over)[0] : null
  return { latencies, messagesPerSecond: Atomics.load(counter, 0) / seconds, result }
}

export const toldOf = ({ quiet, beside, control }: Compared): string =>
  `quiet ${told(quiet)}; beside it ${told(beside)}; beside the same on a sink ${told(control)}`
