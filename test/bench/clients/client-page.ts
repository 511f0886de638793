// A browser's pages with a client in them, and what they tell.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchChromium } from '../../support/chromium.ts'
import type { Files } from './client-bundle.ts'
import type { Opening, Shown } from './run-client.ts'
import { SHOWN } from './run-client.ts'

const SHOWN_MS = 60_000
const types: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm' }

export class ClientPages {
  readonly #browser: Browser
  readonly #origin: string
  readonly #close: () => void

  private constructor(browser: Browser, origin: string, close: () => void) {
    this.#browser = browser
    this.#origin = origin
    this.#close = close
  }

  static async start(files: Files): Promise<ClientPages> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost')
      const file = files.get(pathname)
      response.setHeader('Content-Type', types[pathname.split('.').at(-1) ?? ''] ?? 'text/html')
      response.setHeader('Cache-Control', 'max-age=3600')
      response.end(file)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return new ClientPages(await launchChromium(), `http://127.0.0.1:${port}`, () => server.close())
  }

  /** Somebody else's browser: nothing is stored in it. */
  newDevice(): Promise<BrowserContext> {
    return this.#browser.newContext()
  }

  /** @returns when all of the content was shown, in milliseconds since the page was opened. */
  async open(device: BrowserContext, opening: Opening & { readonly writes?: true }): Promise<OpenPage> {
    const page = await device.newPage()
    const problems: string[] = []
    page.on('pageerror', ({ message }) => problems.push(message))
    const query = new URLSearchParams(Object.entries(opening).map(([name, value]) => [name, String(value)]))
    const told = page.waitForEvent('console', {
      predicate: (message) => message.text().startsWith(SHOWN),
      timeout: SHOWN_MS,
    })
    try {
      const [message] = await Promise.all([told, page.goto(`${this.#origin}/?${query}`)])
      return { page, ...(JSON.parse(message.text().slice(SHOWN.length)) as Shown) }
    } catch (error) {
      throw new Error(`the content is not shown: ${problems.join('; ')}`, { cause: error })
    }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    this.#close()
  }
}

export interface OpenPage extends Shown {
  readonly page: Page
}
