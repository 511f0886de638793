// The IndexedDB driver in a real Chromium: the tests stay here, and call the store that lives in a page.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientStore, OpenStore, StoredEntry, StoredValue } from '../../../client/store/client-store.ts'
import { clientStoreContract, put } from '../../contract/client-store-contract.ts'
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

async function pageAt(path: string): Promise<Page> {
  const context = await browser.newContext()
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
  it('is shared by the tabs of an app', async () => {
    const open = storeIn(page, 'shared')
    const [one, other] = [await open(), await open()]
    await one.write([put('change', 'a', 1)])
    expect(await other.read('change', 'a')).toBe(1)
    await Promise.all([one.close(), other.close()])
  })

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
    const store = await storeIn(full, 'full')()
    await store.write([put('record', 'a', 1)])
    const devtools = await full.context().newCDPSession(full)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
    const told = await full.evaluate(() =>
      (globalThis as unknown as { stores: PageStores }).stores.openSteady('full'),
    )
    expect(told).toMatchObject({ status: { type: 'degraded', reason: 'full' }, read: 1 })
    await devtools.send('Storage.overrideQuotaForOrigin', { origin })
    expect(await store.read('record', 'a')).toBe(1)
    await full.context().close()
  })
})
