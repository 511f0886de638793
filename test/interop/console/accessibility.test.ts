// Whoever sees little, or works without a mouse, works with the console, too.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { until } from '../../support/until.ts'
import { ConsoleStage } from './console-stage.ts'

let stage: ConsoleStage
beforeAll(async () => {
  stage = await ConsoleStage.open()
})
afterAll(() => stage?.close())

const PAGES = ['Demo', 'Inbox', 'Records', 'Inspector', 'Operations']

async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^${name}`) }).click()
  await page.locator('main h1').first().waitFor()
  await until(async () => (await page.locator('.mantine-Skeleton-root').count()) === 0, `${name} is loaded`)
}

test.each(['light', 'dark'] as const)(
  'in the %s, axe has no serious finding on any page, and the browser refuses nothing',
  async (scheme) => {
    const { page, complaints } = await stage.visit('/', { scheme })
    for (const name of PAGES) {
      await open(page, name)
      expect([name, await seriousFindings(page)]).toEqual([name, []])
    }
    expect(complaints).toEqual([])
    await page.close()
  },
)

test('on a telephone nothing is wider than the screen, and the pages are in a drawer', async () => {
  const { page } = await stage.visit('/', { width: 390 })
  for (const name of PAGES) {
    await page.getByRole('button', { name: 'Open the menu' }).click()
    await open(page, name)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect([name, width]).toEqual([name, 390])
  }
  await page.close()
})

test('keys lead to every page, `?` shows them, and the first stop skips to the page', async () => {
  const { page } = await stage.visit('/operations')
  for (const [keys, title] of [
    ['g i', 'Inbox'],
    ['g r', 'Records'],
    ['g s', 'Inspector'],
  ] as const) {
    for (const key of keys.split(' ')) await page.keyboard.press(key)
    await page.locator('main h1', { hasText: title }).first().waitFor()
  }
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Inbox').waitFor()
  await page.keyboard.press('Escape')
  await page.reload()
  await page.locator('main h1').first().waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  await page.close()
})
