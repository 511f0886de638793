// The Inspector on a record with a conflict, an author who writes from right to left, and somebody in the room.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { TextClient } from '../../support/text-client.ts'
import { until } from '../../support/until.ts'
import { ConsoleStage } from './console-stage.ts'

const RECORD = `/v1/records/patients/${encodeURIComponent('מטופל 7')}`
const PAGE = `/inspect/patients/${encodeURIComponent('מטופל 7')}`

let stage: ConsoleStage
let editor: TextClient
beforeAll(async () => {
  stage = await ConsoleStage.open(await ServerProcess.start())
  const { url, socketUrl } = stage.server
  const { body } = await rest(url, 'PUT', RECORD, { name: `Ada ${'Lovelace-'.repeat(40)}` }, as('demo'))
  const saw = { 'if-match': `"${body.version}"` }
  await rest(url, 'PATCH', RECORD, { diagnosis: 'pneumonia' }, { ...as('dr.hopper'), ...saw })
  await rest(
    url,
    'PATCH',
    RECORD,
    { diagnosis: 'bronchitis', heartRate: 88 },
    { ...as('nurse.jackson'), ...saw },
  )
  editor = new TextClient(socketUrl, 'patients/מטופל 7', 'notes', 'nurse.jackson')
  editor.typeParagraph('Fever since Monday')
})
afterAll(async () => {
  editor?.destroy()
  await stage?.close()
})

const loaded = (page: Page): Promise<unknown> =>
  until(async () => (await page.locator('.mantine-Skeleton-root').count()) === 0, 'everything is loaded')

test('one record: sizes, heads, clocks, sessions, verdicts with reasons, lag, and the graph with its conflict', async () => {
  const { page, complaints } = await stage.visit(PAGE)
  await loaded(page)
  const part = (name: string) => page.getByRole('region', { name, exact: true })
  await part('Size by cause')
    .getByRole('cell', { name: /^text \(notes\)/ })
    .waitFor()
  await part('Sessions in the room').getByRole('cell', { name: 'yjs' }).waitFor()
  await part('Projection and conflicts').getByText('as new as the record').waitFor()
  await part('Projection and conflicts').getByRole('link', { name: 'diagnosis' }).waitFor()
  await part('Heads and clocks').getByRole('cell', { name: 'nurse.jackson' }).waitFor()
  const held = part('Recent changes').getByRole('row', { name: /nurse\.jackson.*held/ })
  expect(await held.textContent()).toContain('a concurrent write is in force')

  // Both sides are marked, and the keyboard goes from change to change.
  const changes = page.getByRole('listbox', { name: 'Changes, the newest first' })
  const sides = changes.getByRole('option').filter({ hasText: 'a side of a conflict' })
  expect(await sides.count()).toBe(2)
  expect(await page.locator('svg rect[transform]').count()).toBe(2)
  await changes.getByRole('option').first().focus()
  await page.keyboard.press('ArrowDown')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('nurse.jackson')
  const chosen = part('The chosen change')
  await chosen.getByRole('link', { name: /^Conflict / }).waitFor()
  await page.keyboard.press('End')
  await chosen.getByText('builds on nothing').waitFor()

  // What happens is shown as it happens.
  await rest(stage.server.url, 'PATCH', RECORD, { heartRate: 99 }, as('dr.hopper'))
  await changes.getByRole('option').first().getByText('heartRate applied').waitFor()

  // The same as a table.
  await page.getByText('Table', { exact: true }).click()
  const rows = part('What was written after what').getByRole('row')
  await rows.filter({ hasText: 'diagnosis held' }).getByRole('link').waitFor()
  expect(complaints).toEqual([])
  await page.close()
})

test.each([
  ['light', 1280],
  ['dark', 390],
] as const)(
  'in the %s, %i pixels wide, axe finds nothing serious and nothing is wider than the screen',
  async (scheme, width) => {
    const { page } = await stage.visit(PAGE, { scheme, width })
    await loaded(page)
    await page.getByRole('option').first().click()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByText('Table', { exact: true }).click()
    await page.getByRole('region', { name: 'Changes, with what they build on' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await page.close()
  },
)

test('a record is chosen by its id or from a list; one that there is not is told so', async () => {
  const { page } = await stage.visit('/inspect')
  await page.getByLabel('Collection').selectOption('patients')
  await page.getByRole('link', { name: 'מטופל 7' }).waitFor()
  await page.getByLabel('Record').fill('nobody')
  await page.getByRole('button', { name: 'Look' }).click()
  await page.getByRole('alert').getByText('There is no such thing').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('link', { name: 'Another one' }).click()
  await page.getByLabel('Collection').selectOption('patients')
  await page.getByRole('link', { name: 'מטופל 7' }).click()
  await page.locator('main h1', { hasText: 'patients/מטופל 7' }).waitFor()
  await page.close()
})
