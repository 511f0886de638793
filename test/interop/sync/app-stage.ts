// A server, and apps of its users: each an SDK client with a store of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SluiceConfig } from 'sluice'
import WebSocket from 'ws'
import { connect } from '../../../client/connect.ts'
import type { SluiceClient } from '../../../client/sluice-client.ts'
import type { OpenStore } from '../../../client/store/client-store.ts'
import { fileStore } from '../../../client/store/file-store.ts'
import { ServerProcess } from '../../support/server-process.ts'

export class AppStage<const Config extends SluiceConfig> {
  readonly server: ServerProcess
  readonly #config: Config
  readonly #folder: string
  readonly #apps: SluiceClient<Config['schema']>[] = []

  private constructor(config: Config, server: ServerProcess, folder: string) {
    this.#config = config
    this.server = server
    this.#folder = folder
  }

  static async open<const Config extends SluiceConfig>(
    config: Config,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<AppStage<Config>> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-apps-'))
    return new AppStage(config, await ServerProcess.start(environment), folder)
  }

  /** @param file a device that remembers; null for one that does not. */
  async app(file: string | null = null): Promise<SluiceClient<Config['schema']>> {
    const store = file === null ? {} : { store: this.store(file) }
    return this.closing(await connect(this.server.url, { schema: this.#config, WebSocket, ...store }))
  }

  store(file: string): OpenStore {
    return fileStore(join(this.#folder, file))
  }

  /** An app that is closed with the stage. */
  closing<App extends SluiceClient<Config['schema']>>(app: App): App {
    this.#apps.push(app)
    return app
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.close().catch(() => {})
    await this.server[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true })
  }
}
