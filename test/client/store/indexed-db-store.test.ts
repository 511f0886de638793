// The IndexedDB driver in a real Chromium: the tests stay here, and call the store that lives in a page.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientStore, OpenStore, StoredEntry, StoredValue } from '../../../client/store/client-store.ts'
import { clientStoreContract } from '../../contract/client-store-contract.ts'
import { bundle } from '../../support/bundle.ts'
import { launchChromium, serveScripts } from '../../support/chromium.ts'

/** What `store-page.ts` puts into the page. */
interface PageStores {
  open(name: string): Promise<number>
  call(store: number, method: string, args: readonly unknown[]): Promise<unknown>
  openSteady(name: string): Promise<unknown>
}

let browser: Browser
let page: Page
let origin: string
let stop: () => void
let databases = 0

beforeAll(async () => {
  const script = await bundle(new URL('./browser/store-page.ts', import.meta.url).pathname)
  const served = await serveScripts({ '/store-page.js': script })
  origin = served.origin
  stop = served.close
  browser = await launchChromium()
  page = await pageAt('/')
})
afterAll(async () => {
  await browser?.close()
  stop?.()
})

async function pageAt(path: string, tabsOf?: BrowserContext): Promise<Page> {
  const context = tabsOf ?? (await browser.newContext())
  const opened = await context.newPage()
  await opened.goto(`${origin}${path}`)
  await opened.addScriptTag({ type: 'module', url: `${origin}/store-page.js` })
  await opened.waitForFunction('globalThis.stores !== undefined')
  return opened
}

const storeIn =
  (page: Page, name: string): OpenStore =>
  async () => {
    const id = await page.evaluate(
      (name) => (globalThis as unknown as { stores: PageStores }).stores.open(name),
      name,
    )
    const call = async <Result>(method: string, ...args: unknown[]): Promise<Result> =>
      (await page.evaluate(
        ([id, method, args]) =>
          (globalThis as unknown as { stores: PageStores }).stores.call(id, method, args),
        [id, method, args] as const,
      )) as Result
    return {
      read: (kind, key) => call<StoredValue | undefined>('read', kind, key),
      list: (kind, prefix) => call<readonly StoredEntry[]>('list', kind, prefix ?? ''),
      write: (writes) => call<void>('write', writes),
      close: () => call<void>('close'),
    } satisfies ClientStore
  }

clientStoreContract('IndexedDB in Chromium', async () => storeIn(page, `contract-${++databases}`))

describe('indexedDbStore', () => {
  it('degrades to memory, and says so, where the browser blocks it', async () => {
    const blocked = await pageAt('/sandboxed')
    const told = await blocked.evaluate(() =>
      (globalThis as unknown as { stores: PageStores }).stores.openSteady('x'),
    )
    expect(told).toMatchObject({ status: { type: 'degraded', reason: 'blocked' }, read: 1 })
    await blocked.context().close()
  })

  it('degrades to memory, and says so, when the disk is full', async () => {
    const full = await pageAt('/')
    const devtools = await full.context().newCDPSession(full)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 })
    const told = await full.evaluate(() =>
      (globalThis as unknown as { stores: PageStores }).stores.openSteady('full'),
    )
    expect(told).toMatchObject({ status: { type: 'degraded', reason: 'full' }, read: 1 })
    await full.context().close()
  })
})
