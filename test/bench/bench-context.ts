// What a benchmark is given: how much, how long, against whom; and the way to measure all of them in turn.
import type { LoadGenerator } from './load/load-generator.ts'
import type { Measurement, Row, Table } from './results.ts'
import { stopAllTargets } from './running-target.ts'
import type { Scale } from './scale.ts'
import type { Target, TargetName } from './targets.ts'
import { targets } from './targets.ts'

export interface Bench {
  readonly name: string
  readonly title: string
  readonly method: string
  run(context: BenchContext): Promise<readonly Table[]>
}

export interface BenchOptions {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly scale: Scale
  readonly names: readonly TargetName[]
  readonly generator: LoadGenerator
  readonly report: (line: string) => void
}

export class BenchContext {
  readonly rounds: number
  /** How long each measurement under load takes. */
  readonly seconds: number
  /** How long a server works before it is measured, so that what it runs is compiled. */
  readonly warmUpSeconds: number
  readonly scale: Scale
  readonly generator: LoadGenerator
  readonly #names: readonly TargetName[]
  readonly #report: (line: string) => void

  constructor({ rounds, seconds, warmUpSeconds, scale, names, generator, report }: BenchOptions) {
    this.rounds = rounds
    this.seconds = seconds
    this.warmUpSeconds = warmUpSeconds
    this.scale = scale
    this.generator = generator
    this.#names = names
    this.#report = report
  }

  /** For what a server does once after its start. */
  get coldRounds(): number {
    return Math.max(this.rounds, this.scale.coldRounds)
  }

  /** Tells of something beside the tables, such as that a part is left out. */
  tell(line: string): void {
    this.#report(line)
  }

  /** Of these servers those that take part in this run. */
  of(...names: readonly TargetName[]): readonly Target[] {
    return names.filter((name) => this.#names.includes(name)).map((name) => targets[name])
  }

  /**
   * Measures each server once in every round, one after the other, so that what disturbs the machine disturbs all.
   * A measurement that fails is told in the table, and the others go on.
   */
  async table(
    id: string,
    title: string,
    contestants: readonly Target[],
    measure: (target: Target) => Promise<Measurement>,
    rounds = this.rounds,
  ): Promise<Table> {
    const rows = new Map<TargetName, Row>()
    if (!this.scale.tables.test(id)) return { id, title, rows: [] }
    for (let round = 0; round < rounds; round++)
      for (const target of contestants) {
        const row = rows.get(target.name) ?? { target: target.name, measurements: [], failures: [] }
        rows.set(target.name, await this.#measured(row, () => measure(target), `${title}: ${target.name}`))
      }
    return { id, title, rows: [...rows.values()] }
  }

  async #measured(row: Row, measure: () => Promise<Measurement>, what: string): Promise<Row> {
    const began = performance.now()
    const tell = (how: string): void =>
      this.#report(`${what}: ${how} (${((performance.now() - began) / 1_000).toFixed(1)} s)`)
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('not done in time')), MEASUREMENT_MS)
    })
    try {
      const measurement = await Promise.race([measure(), timeout])
      tell('measured')
      return { ...row, measurements: [...row.measurements, measurement] }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      tell(`failed, ${reason}`)
      await this.generator.stop()
      await stopAllTargets()
      return { ...row, failures: [...row.failures, reason] }
    } finally {
      clearTimeout(timer)
    }
  }
}

const MEASUREMENT_MS = 900_000
