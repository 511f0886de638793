// Attacks the real program at every door over loopback, watches it from outside, and looks at what it has kept.
import { rest } from '../support/rest-client.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { ServerProcess } from '../support/server-process.ts'
import type { Fault } from './guided-run.ts'
import { HANG_MS } from './guided-run.ts'
import { attackPort, attackRest, attackUpload } from './request-attacks.ts'
import type { Attack, AttackReport } from './socket-attacks.ts'
import { attackRecord, attackRepoFrames, attackText } from './socket-attacks.ts'

const ATTACKS: Readonly<Record<string, Attack>> = {
  yjs: attackText,
  automerge: attackRecord,
  'automerge frames': attackRepoFrames,
  rest: attackRest,
  upload: attackUpload,
  port: attackPort,
}

export interface DoorFuzzOptions {
  readonly seed: number
  readonly msMax: number
  /** Attacks per door; which comes first ends the run. */
  readonly attacksMax: number
}

export interface DoorFuzzReport {
  /** Attack → how its sessions or requests ended → how many did. */
  readonly ends: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly frames: number
  readonly faults: readonly Fault[]
  /** Longest answer to an honest client's write. */
  readonly slowestMs: number
  /** Resident memory of the server in four quarters of the run, and when all had gone. */
  readonly rssMiB: readonly number[]
}

const LIMITS = Object.fromEntries(
  [
    'SLUICE_SESSION_MESSAGES_PER_SECOND',
    'SLUICE_SUBJECT_MESSAGES_PER_SECOND',
    'SLUICE_REQUESTS_PER_SECOND',
  ].map((name) => [name, '1000000']),
)
const AT_ONCE = 3
const PROBE_MS = 100
const INTERNAL = new Set(['1006', '1011', '500'])

export async function fuzzDoors(options: DoorFuzzOptions): Promise<DoorFuzzReport> {
  await using server = await ServerProcess.start({ ...LIMITS, SLUICE_ROOM_BYTES_MAX: String(32 * 2 ** 20) })
  return await new DoorFuzz(server, options).toTheEnd()
}

class DoorFuzz {
  readonly #server: ServerProcess
  readonly #options: DoorFuzzOptions
  readonly #ends: Record<string, Record<string, number>> = {}
  readonly #faults: Fault[] = []
  readonly #rssMiB: number[] = []
  #frames = 0
  #slowestMs = 0
  #written = 0
  #isOver = false

  constructor(server: ServerProcess, options: DoorFuzzOptions) {
    this.#server = server
    this.#options = options
  }

  async toTheEnd(): Promise<DoorFuzzReport> {
    const { url } = this.#server
    await rest(url, 'POST', '/v1/records/items', { id: 'canary', name: 'canary', stock: 0 })
    const probing = this.#probe()
    const sampling = setInterval(() => this.#rssMiB.push(this.#server.residentMiB), this.#options.msMax / 4)
    const doors = Object.entries(ATTACKS).flatMap(([name, attack], door) =>
      Array.from({ length: AT_ONCE }, (_, lane) => this.#attackOn(name, attack, door * AT_ONCE + lane)),
    )
    await Promise.all(doors)
    clearInterval(sampling)
    this.#isOver = true
    await probing
    this.#rssMiB.push(this.#server.residentMiB)
    await this.#lookAtWhatIsKept()
    return {
      ends: this.#ends,
      frames: this.#frames,
      faults: this.#faults,
      slowestMs: this.#slowestMs,
      rssMiB: this.#rssMiB,
    }
  }

  /** One attack after the other at one door. */
  async #attackOn(name: string, attack: Attack, lane: number): Promise<void> {
    const { seed, msMax, attacksMax } = this.#options
    const deadline = performance.now() + msMax
    for (let count = 0; count < attacksMax && performance.now() < deadline; count++) {
      const number = lane * 1_000_000 + count
      try {
        this.#report(
          name,
          await attack(this.#server.socketUrl, number, new SeededRandom(seed * 7919 + number)),
        )
      } catch (error) {
        this.#fault(name, `an attack without an end: ${String(error)}`, [`attack ${number}`])
        if (!this.#server.isRunning) return
      }
    }
  }

  #report(name: string, { frames, end, sent }: AttackReport): void {
    this.#frames += frames
    const ends = this.#ends[name] ?? {}
    this.#ends[name] = { ...ends, [end]: (ends[end] ?? 0) + 1 }
    if (INTERNAL.has(end)) this.#fault(name, `it ended with ${end}`, sent)
  }

  /** An honest client, who must not notice. */
  async #probe(): Promise<void> {
    while (!this.#isOver && this.#server.isRunning) {
      const [began, busyBefore] = [performance.now(), this.#server.mainThreadMs]
      const body = { stock: { $increment: 1 } }
      const { status } = await rest(this.#server.url, 'PATCH', '/v1/records/items/canary', body).catch(
        (error: unknown) => ({ status: String(error) }),
      )
      const ms = performance.now() - began
      this.#slowestMs = Math.max(this.#slowestMs, ms)
      if (status === 200) this.#written += 1
      else this.#fault('honest client', `answered ${status}`, [])
      // On a machine that others use an answer may be late; the server is at fault if it was busy all the time.
      const busyMs = this.#server.mainThreadMs - busyBefore
      if (busyMs > HANG_MS) this.#fault('honest client', `an answer took ${busyMs.toFixed(0)} ms of work`, [])
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS))
    }
  }

  async #lookAtWhatIsKept(): Promise<void> {
    const { url, isRunning } = this.#server
    if (!isRunning) return this.#fault('server', `it died: ${this.#server.output.slice(-2_000)}`, [])
    const { body } = await rest(url, 'GET', '/v1/records/items/canary')
    if (body.fields?.stock !== this.#written)
      this.#fault('honest client', 'an acknowledged write is lost', [])
    for (const line of this.#server.output.split('\n').filter((text) => text.startsWith('{')))
      this.#fault('log', line.slice(0, 2_000), [])
    await this.#server.stop()
    try {
      this.#server.runCommand('verify')
    } catch (error) {
      this.#fault('verify', String((error as { stdout?: Buffer }).stdout ?? error).slice(0, 2_000), [])
    }
    await this.#server.start()
    const after = await rest(url, 'GET', '/v1/records/items/canary')
    if (after.body.fields?.stock !== this.#written)
      this.#fault('restart', 'an acknowledged write is lost', [])
  }

  #fault(target: string, problem: string, sent: readonly string[]): void {
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ target, problem, input: sent.join(' ') })
  }
}

const FAULTS_MAX = 50
