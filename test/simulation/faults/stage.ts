// Where a fault simulation plays: one store for many runs, and a server on it that can crash and start again. Clock, disk
// and timers are the simulation's.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { s } from 'sluice'
import { projectionShape } from '../../../server/storage/sqlite/projection-shape.ts'
import { definitionsOf } from '../../../server/storage/sqlite/schema-definitions.ts'
import { SqliteStorage } from '../../../server/storage/sqlite/sqlite-storage.ts'
import { SqliteWriter } from '../../../server/storage/sqlite/sqlite-writer.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import { collection } from '../../../shared/schema/collection.ts'
import { defineConfig } from '../../../shared/schema/config.ts'
import type { Schema } from '../../../shared/schema/schema.ts'
import type { Served } from '../serve.ts'
import { serve } from '../serve.ts'
import { SimulatedDisk } from './simulated-disk.ts'

export const config = defineConfig({
  schema: {
    things: collection({
      plain: s.string(),
      dose: s.string().critical(),
      stock: s.counter(),
      tags: s.set(s.string()),
      body: s.text(),
    }),
  },
})

const START = Date.UTC(2026, 5, 1)

export class Stage {
  readonly schema: Schema
  readonly disk: SimulatedDisk
  readonly warnings: string[] = []
  readonly #folder: string
  readonly #writer: SqliteWriter
  readonly #reader: Database.Database
  storage: SqliteStorage
  server: Served
  standsStill = false
  #clock = START
  #ids = 0
  #timers: { readonly at: number; readonly ring: () => void }[] = []

  constructor() {
    const checked = checkSchema(config)
    if (!checked.ok) throw new Error(checked.problems.join('\n'))
    this.schema = checked.schema
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-faults-'))
    const shape = projectionShape(checked.schema)
    const definitions = definitionsOf(checked.schema)
    this.#writer = new SqliteWriter({ file: this.#file, shape, definitions, newStorageId: 'simulated' })
    // What a power failure leaves of a file is another test's business; here a commit is whole or not there.
    this.#writer.db.pragma('synchronous = OFF')
    this.#reader = new Database(this.#file, { readonly: true })
    this.disk = new SimulatedDisk(this.#writer)
    ;({ storage: this.storage, server: this.server } = this.#start())
  }

  /** Milliseconds since 1970. */
  readonly time = (): number => this.#clock

  /** Every call is a millisecond later than the last, unless time stands still. */
  readonly now = (): string => new Date(this.standsStill ? this.#clock : ++this.#clock).toISOString()

  pass(ms: number): void {
    this.#clock += ms
    const due = this.#timers.filter(({ at }) => at <= this.#clock)
    this.#timers = this.#timers.filter(({ at }) => at > this.#clock)
    for (const { ring } of due) ring()
  }

  /** Begins anew, so that a run does not depend on those before it. */
  reset(): void {
    this.#clock = START
    this.#ids = 0
    this.warnings.length = 0
  }

  /** @param isKept whether the commit that was under way had become durable. */
  async crash(isKept: boolean): Promise<void> {
    const { rooms } = this.server
    this.disk.crash(isKept)
    const closed = rooms.close()
    for (const { ring } of this.#timers.splice(0)) ring()
    await Promise.all([closed, this.storage.close()])
    ;({ storage: this.storage, server: this.server } = this.#start())
  }

  /** As somebody with an SQL client sees them. */
  rows(query: string, ...operands: readonly unknown[]): readonly unknown[] {
    return this.#reader.prepare(query).all(...operands)
  }

  async close(): Promise<void> {
    await this.crash(true)
    this.disk.crash(true)
    await this.storage.close()
    this.#reader.close()
    this.#writer.close()
    rmSync(this.#folder, { recursive: true })
  }

  get #file(): string {
    return join(this.#folder, 'sluice.db')
  }

  #start(): { readonly storage: SqliteStorage; readonly server: Served } {
    const { schema, now, warnings } = this
    const shape = projectionShape(schema)
    const { storageId, projectionIsStale } = this.#writer
    const writer = { worker: this.disk.attach(), storageId, projectionIsStale }
    const storage = new SqliteStorage({ file: this.#file, schema }, shape, writer)
    const newId = (): string => `id-${++this.#ids}`
    const sleep = (ms: number): Promise<void> =>
      new Promise((ring) => this.#timers.push({ at: this.#clock + ms, ring }))
    return { storage, server: serve({ storage, schema, now, sleep, newId, warnings }) }
  }
}
