// An app whose tabs share a store, at a server with the real planner.
import { collection, defineConfig, s } from 'sluice'
import type { SluiceClient } from '../../../client/sluice-client.ts'
import { leadEarly } from '../../../client/tabs/early-lead.ts'
import { SharingTab } from '../../../client/tabs/sharing-tab.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import type { BenchConnection } from '../../support/bench-connection.ts'
import { BenchServer } from '../../support/bench-connection.ts'
import type { BrowserTab } from '../../support/tab-browser.ts'
import { TabBrowser } from '../../support/tab-browser.ts'

const config = defineConfig({
  schema: {
    things: collection({
      title: s.string(),
      dose: s.number().critical(),
      stock: s.counter(),
      tags: s.set(s.string()),
    }),
  },
})
const otherConfig = defineConfig({ schema: { things: collection({ title: s.string() }) } })
export type Things = (typeof config)['schema']

export const LOCK = 'store'

export interface AppTab {
  readonly tab: BrowserTab
  readonly client: SluiceClient<Things>
  /** What this tab has had since it leads, if it does. */
  readonly connections: readonly BenchConnection[]
  /** As a user closes a tab, or the browser kills it. */
  kill(): void
}

export class TabApp {
  readonly browser: TabBrowser
  readonly server: BenchServer = new BenchServer(config.schema.things)
  readonly #subject: string
  #ids = 0
  #now = 0
  readonly #timers = new Set<{ readonly at: number; readonly tab: BrowserTab; readonly run: () => void }>()
  /** Every connection that a tab has made. */
  readonly connections: BenchConnection[] = []

  constructor(seed = 1, subject = 'anna') {
    this.browser = new TabBrowser(seed)
    this.#subject = subject
  }

  /** Rings what is due by then, as far as a frozen tab hears it. */
  pass(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer)
      if (!timer.tab.isGone) timer.tab.whenAwake(timer.run)
    }
  }

  get online(): readonly BenchConnection[] {
    return this.connections.filter(({ status }) => status.name === 'online')
  }

  /**
   * @param other whether the tab runs another version of the app.
   * @param early whether it asks for the lock and connects at once, while the code for tabs is loaded, as `connect` does.
   */
  async open({ other = false, early = false, tab = this.browser.newTab() } = {}): Promise<AppTab> {
    const checked = checkSchema(other ? otherConfig : config)
    if (!checked.ok) throw new Error(checked.problems.join('\n'))
    const connections: BenchConnection[] = []
    const newConnection = (): BenchConnection => {
      const connection = this.server.connection(this.#subject)
      connections.push(connection)
      this.connections.push(connection)
      return connection
    }
    const lead = early ? leadEarly(tab.locks, LOCK, newConnection) : undefined
    if (early) await this.browser.while()
    const client = await SharingTab.open<Things>({
      ...(lead === undefined ? {} : { early: lead }),
      schema: checked.schema,
      policies: {},
      now: () => new Date('2026-01-01T00:00:00Z'),
      after: (ms, run) => this.#after(tab, ms, run),
      randomId: () => `id${++this.#ids}`,
      locks: tab.locks,
      bus: tab.bus,
      store: tab.store,
      lock: LOCK,
      isWanting: early,
      newConnection,
      onStorage: () => {},
    })
    const kill = (): void => {
      tab.kill()
      for (const connection of connections) connection.forgetAll()
    }
    return { tab, client, connections, kill }
  }

  #after(tab: BrowserTab, ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, tab, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
}
