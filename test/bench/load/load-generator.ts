// The load generator: processes that play clients, and the proof that they were not what was measured.
import { type ChildProcess, fork } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CrewInput, CrewName, CrewOf } from './crews.ts'
import { largest, sum } from './measures.ts'

export type LoadRequest = { readonly id: number } & (
  | { readonly type: 'assemble'; readonly crew: string; readonly input: unknown }
  | { readonly type: 'call'; readonly method: string; readonly argument: unknown }
  | { readonly type: 'cpu' }
)

export type LoadAnswer = { readonly id: number } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string }
)

/** Longer than anything takes: who has not answered by then waits for what does not come. */
const ANSWER_MS = 600_000

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never

class Part {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #answerMs: number
  #requests = 0

  constructor(answerMs: number) {
    this.#answerMs = answerMs
    this.#process = fork(fileURLToPath(new URL('load-worker.ts', import.meta.url)), {
      serialization: 'advanced',
    })
    this.#process.on('message', (answer: LoadAnswer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if (answer.ok) waiting?.resolve(answer.value)
      else waiting?.reject(new Error(answer.message))
    })
    this.#process.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a process of the load generator ended: ${code ?? signal}`))
      this.#waiting.clear()
    })
  }

  ask(request: Unnumbered<LoadRequest>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#process.connected) return reject(new Error('a process of the load generator has gone'))
      const id = ++this.#requests
      const late = setTimeout(() => {
        this.#waiting.delete(id)
        const what = request.type === 'call' ? request.method : request.type
        reject(
          new Error(
            `a process of the load generator did not answer '${what}' in ${this.#answerMs / 1_000} s`,
          ),
        )
      }, this.#answerMs)
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(late)
          settle(value)
        }
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) })
      this.#process.send({ ...request, id })
    })
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
  }
}

type Method<C> = { [K in keyof C]: C[K] extends (...args: never[]) => unknown ? K : never }[keyof C] & string
type Call<C, M extends keyof C> = C[M] extends (...args: infer A) => infer R
  ? { readonly argument: A; readonly answer: Awaited<R> }
  : never

/** One crew, spread over all processes. */
export class Crew<C> {
  readonly #parts: readonly Part[]

  constructor(parts: readonly Part[]) {
    this.#parts = parts
  }

  /** Has every process do it. @returns the answers, one of each. */
  all<M extends Method<C>>(
    method: M,
    ...[argument]: Call<C, M>['argument']
  ): Promise<readonly Call<C, M>['answer'][]> {
    const answers = this.#parts.map((part) => part.ask({ type: 'call', method, argument }))
    return Promise.all(answers) as Promise<readonly Call<C, M>['answer'][]>
  }

  /** Has one process do it. */
  first<M extends Method<C>>(
    method: M,
    ...[argument]: Call<C, M>['argument']
  ): Promise<Call<C, M>['answer']> {
    const answer = this.#parts[0]?.ask({ type: 'call', method, argument })
    return answer as Promise<Call<C, M>['answer']>
  }
}

/** Measures how hard the generator works from now on. */
export class EffortMeter {
  readonly #cpuSeconds: () => Promise<readonly number[]>
  readonly #before: Promise<readonly number[]>
  readonly #idleBefore = idleSeconds()
  readonly #at = performance.now()

  constructor(cpuSeconds: () => Promise<readonly number[]>) {
    this.#cpuSeconds = cpuSeconds
    this.#before = cpuSeconds()
  }

  /**
   * @returns the share of its ceiling that the generator has used, in percent. One process cannot use more than one
   * core, and all together not more than what they have used and what was idle.
   */
  async percent(): Promise<number> {
    const elapsed = (performance.now() - this.#at) / 1_000
    const idle = idleSeconds() - this.#idleBefore
    const before = await this.#before
    const used = (await this.#cpuSeconds()).map((seconds, part) => seconds - (before[part] ?? 0))
    const total = sum(used)
    return 100 * Math.max(largest(used) / elapsed, total / (total + idle))
  }
}

const idleSeconds = (): number => sum(cpus().map(({ times }) => times.idle)) / 1_000

export class LoadGenerator {
  #parts: readonly Part[] = []
  readonly size: number
  readonly #answerMs: number

  /**
   * @param size processes.
   * @param answerMs what takes one of them longer has failed.
   */
  constructor(size: number, answerMs = ANSWER_MS) {
    this.size = size
    this.#answerMs = answerMs
  }

  /** @param input what a process is told, each of its own number from 0. */
  async assemble<Name extends CrewName>(
    crew: Name,
    input: (part: number) => CrewInput<Name>,
  ): Promise<Crew<CrewOf<Name>>> {
    if (this.#parts.length === 0)
      this.#parts = Array.from({ length: this.size }, () => new Part(this.#answerMs))
    const parts = this.#parts
    await Promise.all(parts.map((part, n) => part.ask({ type: 'assemble', crew, input: input(n) })))
    return new Crew(parts)
  }

  meter(): EffortMeter {
    const parts = this.#parts
    return new EffortMeter(
      () => Promise.all(parts.map((part) => part.ask({ type: 'cpu' }))) as Promise<readonly number[]>,
    )
  }

  /** Ends its processes, whatever they do; the next crew gets new ones. */
  async stop(): Promise<void> {
    const parts = this.#parts
    this.#parts = []
    await Promise.all(parts.map((part) => part.end()))
  }

  /** Those of `count` things that the n-th process takes care of. */
  share(count: number, part: number): readonly number[] {
    return Array.from({ length: count }, (_, index) => index).filter((index) => index % this.size === part)
  }
}
