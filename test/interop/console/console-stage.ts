// The console as `npm start` serves it, in a real Chromium.
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../support/chromium.ts'
import { ServerProcess } from '../../support/server-process.ts'

const PATIENCE_MS = 90_000

export interface OpenedPage {
  readonly page: Page
  /** What the browser complained about: what the policy forbids, and what was thrown. */
  readonly complaints: readonly string[]
}

export class ConsoleStage {
  readonly server: ServerProcess
  readonly #browser: Browser

  private constructor(server: ServerProcess, browser: Browser) {
    this.server = server
    this.#browser = browser
  }

  /** @param server the demo, if none is given. It is ended with the stage. */
  static async open(server?: ServerProcess): Promise<ConsoleStage> {
    return new ConsoleStage(server ?? (await ServerProcess.startDemo()), await launchChromium())
  }

  /** In a browser of its own, with nothing stored. */
  async visit(
    path: string,
    options: { readonly scheme?: 'light' | 'dark'; readonly width?: number } = {},
  ): Promise<OpenedPage> {
    const { scheme = 'light', width = 1280 } = options
    const page = await this.#browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } })
    // The machine may be doing much else.
    page.setDefaultTimeout(PATIENCE_MS)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(`${this.server.url}${path}`)
    await page.locator('main h1').first().waitFor()
    return { page, complaints }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.server[Symbol.asyncDispose]()
  }
}
