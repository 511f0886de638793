// PowerSync's own client, with a local database in a folder of its own and the connector of `sluice/powersync`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CommonPowerSyncDatabase } from '@powersync/node'
import { column, LogLevels, PowerSyncDatabase, Schema, Table } from '@powersync/node'
import type { UploadResult } from '../../client/powersync/index.ts'
import { SluiceConnector } from '../../client/powersync/index.ts'
import { ServerProcess } from './server-process.ts'

/** As an app declares what powersync.config.ts holds, in SQLite's three types, and a table that it has not. */
const schema = new Schema({
  items: new Table(
    {
      name: column.text,
      stock: column.integer,
      price: column.real,
      serial: column.integer,
      amount: column.integer,
      live: column.integer,
      tags: column.text,
      soldAt: column.text,
      notes: column.text,
    },
    { trackPrevious: { columns: ['stock'], onlyWhenChanged: true }, trackMetadata: true },
  ),
  orders: new Table({ status: column.text }, { trackPrevious: true }),
  ghosts: new Table({ name: column.text }),
})

const config = fileURLToPath(new URL('powersync.config.ts', import.meta.url))

/** A server with the tables that the client has. */
export const powerSyncServer = (env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> =>
  ServerProcess.start({ SLUICE_CONFIG: config, ...env })

/** The SDK's own is 5 s. */
const RETRY_DELAY_MS = 200

export interface ClientOptions {
  readonly sluiceUrl: string
  readonly token?: string
  /** Of the service, if the SDK is to run its own upload loop. */
  readonly powersyncUrl?: string
}

export class PowerSyncClient {
  readonly #folder = mkdtempSync(join(tmpdir(), 'powersync-'))
  readonly connector: SluiceConnector
  /** What the user was told, in order. */
  readonly told: UploadResult[] = []
  token: string
  #database: CommonPowerSyncDatabase

  private constructor({ sluiceUrl, token = 'ann', powersyncUrl = '' }: ClientOptions) {
    this.token = token
    this.connector = new SluiceConnector({
      sluiceUrl,
      powersyncUrl,
      fetchToken: async () => this.token,
      tellUser: ({ results, held, rejected }) => {
        this.told.push(...results.filter((result) => held.includes(result) || rejected.includes(result)))
      },
    })
    this.#database = this.#open()
  }

  static async open(options: ClientOptions): Promise<PowerSyncClient> {
    const client = new PowerSyncClient(options)
    await client.database.init()
    return client
  }

  get database(): CommonPowerSyncDatabase {
    return this.#database
  }

  /** A row that the service has brought: it is there, and nothing of it is in the queue. */
  async download(table: string, id: string, columns: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#database.execute(`INSERT OR REPLACE INTO ps_data__${table}(id, data) VALUES (?, ?)`, [
      id,
      JSON.stringify(columns),
    ])
  }

  async write(sql: string, ...values: readonly unknown[]): Promise<void> {
    await this.#database.execute(sql, [...values])
  }

  /** All of it commits together and is uploaded together. */
  async transact(...statements: readonly string[]): Promise<void> {
    await this.#database.writeTransaction(async (tx) => {
      for (const sql of statements) await tx.execute(sql)
    })
  }

  async queueLength(): Promise<number> {
    return (await this.#database.getUploadQueueStats()).count
  }

  /** Uploads as the SDK's loop does, until the queue is empty or the connector throws. */
  async upload(): Promise<void> {
    while ((await this.queueLength()) > 0) await this.connector.uploadData(this.#database)
  }

  /** Leaves it to the SDK's own loop to upload. */
  async connect(): Promise<void> {
    await this.#database.connect(this.connector, { retryDelayMs: RETRY_DELAY_MS, crudUploadThrottleMs: 10 })
  }

  /** The app is closed, and opened on the same local database. */
  async reopen(): Promise<void> {
    await this.#database.close()
    this.#database = this.#open()
    await this.#database.init()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #open(): CommonPowerSyncDatabase {
    return new PowerSyncDatabase({
      schema,
      database: { dbFilename: 'app.db', dbLocation: this.#folder, readWorkerCount: 1 },
      logger: { log: ({ level, message }) => level >= LogLevels.error && console.error(message) },
    })
  }
}
