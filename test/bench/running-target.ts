// A server under measurement: a process of its own, with what it uses, read from outside.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { scratchFolder } from './scratch.ts'
import type { Address, Target } from './targets.ts'

export interface Usage {
  readonly cpuSeconds: number
  readonly rssBytes: number
  /** The most that was in memory since it was started. */
  readonly peakBytes: number
}

export interface LoopDelay {
  readonly maxMs: number
  readonly p99Ms: number
}

export interface StartOptions {
  /** A folder to go on with; a new one that is removed in the end if it is left out. */
  readonly data?: string
  readonly environment?: Readonly<Record<string, string>>
}

const probe = fileURLToPath(new URL('probe.mjs', import.meta.url))
const children = new Set<ChildProcess>()
let isOver = false

/** Ends what a failed measurement has left behind. */
export const stopAllTargets = async (): Promise<void> => {
  await Promise.all([...children].map((child) => end(child, 'SIGKILL')))
}

/** Ends all servers, and starts no more. */
export function endTargets(): Promise<void> {
  isOver = true
  return stopAllTargets()
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(timer)
}

export class RunningTarget {
  readonly target: Target
  readonly port: number
  readonly data: string
  readonly #child: ChildProcess
  readonly #keepsData: boolean

  private constructor(target: Target, child: ChildProcess, port: number, data: string, keepsData: boolean) {
    this.target = target
    this.#child = child
    this.port = port
    this.data = data
    this.#keepsData = keepsData
  }

  static async start(target: Target, { data, environment }: StartOptions = {}): Promise<RunningTarget> {
    if (isOver) throw new Error('the run is over')
    const folder = data ?? scratchFolder(target.name)
    const [program, ...args] = target.command
    if (program === undefined) throw new RangeError('a target names a program')
    const own = { ...target.environment, ...environment, BENCH_FOLDER: folder, SLUICE_DATA: folder }
    const child = spawn(program, ['--import', probe, ...args], {
      env: { ...process.env, ...own },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    try {
      return new RunningTarget(target, child, await listeningPort(child), folder, data !== undefined)
    } catch (error) {
      child.kill('SIGKILL')
      if (data === undefined) rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  get address(): Address {
    return { name: this.target.name, port: this.port }
  }

  /** Of the whole process, all its threads. */
  usage(): Usage {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[UTIME]) + Number(fields[STIME])
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const bytes = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * BYTES_PER_KIB
    return { cpuSeconds: ticks / TICKS_PER_SECOND, rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
  }

  /** As `usage` tells, but exact to the microsecond; it takes the server's attention. */
  cpuSeconds(): Promise<number> {
    return this.#ask('cpu-seconds')
  }

  /** Begins to measure how late its event loop is. */
  watchLoop(): Promise<void> {
    return this.#ask('watch-loop')
  }

  /** Since it was last asked to watch. */
  loopDelay(): Promise<LoopDelay> {
    return this.#ask('loop-delay')
  }

  /** Collects its garbage, so that memory in use can be told from memory not yet given back. */
  collectGarbage(): Promise<void> {
    return this.#ask('collect-garbage')
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await end(this.#child, signal)
    if (!this.#keepsData) rmSync(this.data, { recursive: true, force: true })
  }

  #ask<Answer>(question: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(`${this.target.name} has ended`))
      this.#child.once('exit', onExit)
      this.#child.once('message', (answer) => {
        this.#child.off('exit', onExit)
        resolve(answer as Answer)
      })
      this.#child.send(question)
    })
  }
}

/** Behind the command's name in /proc/<pid>/stat, from 0. */
const UTIME = 11
const STIME = 12
const TICKS_PER_SECOND = 100
const BYTES_PER_KIB = 1024
const STOP_MS = 20_000
const START_MS = 60_000

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`the server did not start: ${output}`)), START_MS)
    const onExit = (code: number | null): void =>
      reject(new Error(`the server ended with ${code}: ${output}`))
    child.once('exit', onExit)
    child.stdout?.on('data', (chunk: Buffer) => {
      output += String(chunk)
      const port = /listening on (\d+)|127\.0\.0\.1:(\d+)/.exec(output)
      if (port === null) return
      clearTimeout(timer)
      child.off('exit', onExit)
      resolve(Number(port[1] ?? port[2]))
    })
  })
}
