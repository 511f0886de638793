// A page that an app of the SDK runs in: its bundle in a real Chromium, and the real program that it connects to.
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { bundle } from '../support/bundle.ts'
import { launchChromium, serveScripts } from '../support/chromium.ts'
import { ServerProcess } from '../support/server-process.ts'

/** What such a page puts on its window: `app` is null when the script has run, and then what `open` gives. */
export interface AppWindow<App> {
  open(url: string): Promise<App>
  app: App
}

export class SdkStage {
  readonly server: ServerProcess
  readonly browser: Browser
  readonly #pages: Awaited<ReturnType<typeof serveScripts>>

  private constructor(
    server: ServerProcess,
    browser: Browser,
    pages: Awaited<ReturnType<typeof serveScripts>>,
  ) {
    this.server = server
    this.browser = browser
    this.#pages = pages
  }

  /** @param script the page's module. */
  static async open(script: URL): Promise<SdkStage> {
    const pages = await serveScripts({ '/app.js': await bundle(fileURLToPath(script)) })
    return new SdkStage(await ServerProcess.start(), await launchChromium(), pages)
  }

  /** @param onError told of what the page throws. */
  async openApp(context: BrowserContext, onError: (error: Error) => void = () => {}): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', onError)
    await page.goto(this.#pages.origin)
    await page.addScriptTag({ type: 'module', url: `${this.#pages.origin}/app.js` })
    await page.waitForFunction('globalThis.app === null')
    await page.evaluate(async (url) => {
      const own = globalThis as unknown as AppWindow<unknown>
      own.app = await own.open(url)
    }, this.server.url)
    return page
  }

  async close(): Promise<void> {
    await this.browser.close()
    this.#pages.close()
    await this.server[Symbol.asyncDispose]()
  }
}
