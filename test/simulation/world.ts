// The real server without sockets: rooms, planner, SQLite, REST and upload doors, automerge-repo door. Time is the
// simulation's. A restart closes the rooms and opens new ones on the same store.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { s } from 'sluice'
import type { AutomergeDoor } from '../../server/protocols/automerge-door.ts'
import type { RestApp } from '../../server/protocols/rest/rest-context.ts'
import type { Rooms } from '../../server/rooms/rooms.ts'
import type { SqliteStorage } from '../../server/storage/sqlite/sqlite-storage.ts'
import { openSqliteStorage } from '../../server/storage/sqlite/sqlite-storage.ts'
import type { JsonObject } from '../../shared/json.ts'
import { checkSchema } from '../../shared/schema/check-schema.ts'
import { collection } from '../../shared/schema/collection.ts'
import { defineConfig } from '../../shared/schema/config.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import { type Served, serve } from './serve.ts'

export const config = defineConfig({
  schema: {
    things: collection({
      plain: s.string(),
      edited: s.string().lww({ by: 'edited' }),
      dose: s.string().critical(),
      left: s.string().critical({ group: 'pair' }),
      right: s.string().critical({ group: 'pair' }),
      stock: s.counter(),
      tags: s.set(s.string()),
    }),
  },
})

export interface Answer {
  readonly status: number
  readonly etag: string
  // biome-ignore lint/suspicious/noExplicitAny: the simulation looks into answers of every shape
  readonly body: any
}

const START = Date.UTC(2026, 5, 1)

export class World {
  readonly schema: Schema
  readonly storage: SqliteStorage
  readonly #folder: string
  #reader: Database.Database | null = null
  readonly warnings: string[] = []
  rooms: Rooms
  door: AutomergeDoor
  #app: RestApp
  #clock = START
  #ids = 0

  private constructor(schema: Schema, storage: SqliteStorage, folder: string) {
    this.schema = schema
    this.storage = storage
    this.#folder = folder
    ;({ rooms: this.rooms, door: this.door, app: this.#app } = this.#serve())
  }

  static async open(): Promise<World> {
    const checked = checkSchema(config)
    if (!checked.ok) throw new Error(checked.problems.join('\n'))
    const folder = mkdtempSync(join(tmpdir(), 'sluice-sim-'))
    const storage = await openSqliteStorage({ file: join(folder, 'sluice.db'), schema: checked.schema })
    return new World(checked.schema, storage, folder)
  }

  readonly now = (): string => {
    this.#clock += 1_000
    return new Date(this.#clock).toISOString()
  }

  /** Milliseconds, without moving the clock. */
  get time(): number {
    return this.#clock
  }

  pass(ms: number): void {
    this.#clock += ms
  }

  async call(
    method: string,
    path: string,
    as: string,
    body?: JsonObject,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await this.#app.request(path, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${as}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      etag: response.headers.get('ETag') ?? '',
      body: text === '' ? {} : JSON.parse(text),
    }
  }

  /** Every room is closed, and what comes next finds the store as a new process would. */
  async restart(): Promise<void> {
    await this.rooms.close()
    ;({ rooms: this.rooms, door: this.door, app: this.#app } = this.#serve())
  }

  /** As somebody with an SQL client sees them. */
  rows(query: string, ...operands: readonly unknown[]): readonly unknown[] {
    this.#reader ??= new Database(join(this.#folder, 'sluice.db'), { readonly: true })
    return this.#reader.prepare(query).all(...operands)
  }

  async close(): Promise<void> {
    await this.rooms.close()
    this.#reader?.close()
    await this.storage.close()
    rmSync(this.#folder, { recursive: true })
  }

  #serve(): Served {
    const { storage, schema, now } = this
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
    const newId = (): string => `id-${++this.#ids}`
    return serve({ storage, schema, now, sleep, newId, warnings: this.warnings })
  }
}
