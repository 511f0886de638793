// A reviewer's day in the console, in a real browser against the real program.
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'
import type { OpenedPage } from './console-stage.ts'
import { ConsoleStage } from './console-stage.ts'
import { makeConflict, makeConflicts, statesOf, writeSeeing } from './make-conflicts.ts'

const CONFIG = fileURLToPath(new URL('inbox.config.ts', import.meta.url))

let stage: ConsoleStage
let server: ServerProcess
beforeEach(async () => {
  server = await ServerProcess.start({ SLUICE_CONFIG: CONFIG, SLUICE_REQUESTS_PER_SECOND: '100000' })
  stage = await ConsoleStage.open(server)
})
afterEach(() => stage.close())

/** The console as one of the people of an open demo sees it. */
async function open(path: string, name: string): Promise<OpenedPage> {
  const opened = await stage.visit(path)
  const { page } = opened
  await page.getByRole('button', { name: /^Acting as/ }).click()
  await page.getByRole('textbox', { name: 'Somebody else' }).fill(name)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: `Acting as ${name}` }).waitFor()
  return opened
}

/** Lets the page speak while it hears nothing. */
async function holdBackWire(page: Page): Promise<{ hold(): Promise<void>; release(): Promise<void> }> {
  await page.addInitScript(() => {
    const held: (() => void)[] = []
    const wire = {
      isHeld: false,
      get count() {
        return held.length
      },
      release() {
        wire.isHeld = false
        for (const hear of held.splice(0)) hear()
      },
    }
    Object.assign(window, { wire })
    window.WebSocket = class extends WebSocket {
      override set onmessage(listener: ((event: MessageEvent) => void) | null) {
        super.onmessage = (event) => {
          if (wire.isHeld) held.push(() => listener?.(event))
          else listener?.(event)
        }
      }
    }
  })
  await page.reload()
  return {
    hold: () => page.evaluate('wire.isHeld = true'),
    release: async () => {
      await until(async () => Number(await page.evaluate('wire.count')) > 0, 'an answer')
      await page.evaluate('wire.release()')
    },
  }
}

const shownRecord = (page: Page) => page.getByRole('article')
const conflictOf = (page: Page, id: string) => page.getByRole('article', { name: `patients/${id}` })

describe('the inbox', () => {
  test('C5: fifty conflicts are decided by the keyboard alone, one after the other, and one is taken back', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `P-${index}`)
    for (const id of ids)
      await makeConflict(server, id, { field: 'diagnosis', values: [`mine of ${id}`, `theirs of ${id}`] })
    const { page, complaints } = await open('/inbox', 'rosa')
    await conflictOf(page, 'P-49').waitFor()
    for (let left = 50; left > 0; left--) {
      const name = await shownRecord(page).getAttribute('aria-label')
      await page.keyboard.press(left % 2 === 0 ? '1' : '2')
      await until(
        async () =>
          left === 1
            ? await page.getByText('Nothing waits').isVisible()
            : (await shownRecord(page).getAttribute('aria-label')) !== name,
        `the one after ${name}`,
      )
    }
    expect(await statesOf(server)).toEqual({ resolved: 50 })
    const answers = await Promise.all(
      ids.map(async (id) => (await fetch(`${server.url}/v1/records/patients/${id}`)).json()),
    )
    const won = answers.map(({ fields }) => String(fields.diagnosis).split(' ')[0])
    expect(won.filter((word) => word === 'mine')).toHaveLength(25)

    await page.keyboard.press('u')
    await until(async () => (await statesOf(server)).resolved === 49, 'the last decision to be taken back')
    await conflictOf(page, 'P-0').waitFor()
    expect(complaints).toEqual([])
  })

  test('C7: what takes two persons is proposed by one and approved by another, by the keyboard', async () => {
    await makeConflict(server, 'P-1', { field: 'dose', values: [10, 12] })
    const first = await open('/inbox', 'rosa')
    await conflictOf(first.page, 'P-1').waitFor()
    await first.page.keyboard.press('2')
    await first.page.getByText('You have agreed already').waitFor()
    await first.page.keyboard.press('p')

    const second = await open('/inbox?view=approval', 'anna')
    await second.page.getByText('rosa proposes one of the sides').waitFor()
    expect(await statesOf(server)).toEqual({ 'awaiting-approval': 1 })
    await second.page.keyboard.press('p')
    await until(async () => (await statesOf(server)).resolved === 1, 'the approval')
    const { fields } = await (await fetch(`${server.url}/v1/records/patients/P-1`)).json()
    expect(fields.dose).toBe(12)
  })

  test('C5: a decision that has not seen every side comes back with the new one marked, and the note kept', async () => {
    const [flu, cold, measles] = ['flu', 'cold', 'measles'] as const
    const before = await makeConflict(server, 'P-1', { field: 'diagnosis', values: [flu, cold] })
    const { page } = await open('/inbox', 'rosa')
    const wire = await holdBackWire(page)
    await conflictOf(page, 'P-1').waitFor()
    await page.getByLabel('Note').fill('by x-ray')
    await wire.hold()
    await writeSeeing(server, 'P-1', { who: 'author-3', fields: { diagnosis: measles }, seen: before })
    await page.getByRole('button', { name: /^Take \d/ }).click()
    await wire.release()

    await page.getByText('Somebody was faster').waitFor()
    await page
      .getByRole('region', { name: /by author-3/ })
      .getByText('has just arrived')
      .waitFor()
    expect(await page.getByLabel('Note').inputValue()).toBe('by x-ray')
    expect(await statesOf(server)).toEqual({ open: 1 })
    await page.getByRole('button', { name: /^Keep/ }).click()
    await until(async () => (await statesOf(server)).resolved === 1, 'the second decision')
  })

  test('C7: many are decided at once, after a look at what would happen', async () => {
    for (let index = 0; index < 20; index++)
      await makeConflict(server, `P-${index}`, { field: 'diagnosis', values: ['flu', 'cold'] })
    const { page } = await open('/inbox', 'rosa')
    await shownRecord(page).waitFor()
    await page.keyboard.press('b')
    await page.getByRole('radio', { name: 'Take the newest challenger' }).check()
    await page.getByRole('button', { name: 'What would happen?' }).click()
    await page.getByText('20 conflicts').waitFor()
    expect(await statesOf(server)).toEqual({ open: 20 })
    await page.getByRole('button', { name: 'Do it to 20' }).click()
    await page.getByText('Nothing waits').waitFor()
    expect(await statesOf(server)).toEqual({ resolved: 20 })

    await page.goto(`${server.url}/inbox?view=archive&value=FLU`)
    await page.getByText('Decided by rosa').waitFor()
    expect(await page.getByRole('option').count()).toBeGreaterThan(5)
    await page.goto(`${server.url}/inbox?view=archive&value=measles`)
    await page.getByText('No conflict is in this view').waitFor()
  })

  test('holds few rows in the page, however many there are, and reads the next ones when they are scrolled to', async () => {
    await makeConflicts(server, 450)
    const { page } = await open('/inbox', 'rosa')
    const pages: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/v1/conflicts?')) pages.push(request.url())
    })
    const list = page.getByRole('listbox', { name: 'Conflicts' })
    await list.getByRole('option').first().waitFor()
    expect(pages).toEqual([])
    const counts: number[] = []
    await until(async () => {
      counts.push(await list.getByRole('option').count())
      await list.evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight))
      return await page.getByText('1 of 450', { exact: true }).isVisible()
    }, 'the last page')
    // The list grows while rows are measured, so what was its end need not be.
    await until(async () => {
      await list.evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight))
      return await list.locator('[role=option][aria-posinset="450"]').isVisible()
    }, 'the last row')
    expect(Math.max(...counts, await list.getByRole('option').count())).toBeLessThan(60)
    // Behind the first hundred, which are live, 200 at a time.
    expect(pages).toHaveLength(3)
    expect(new Set(pages).size).toBe(3)
  })

  test('has no serious fault of accessibility, in light and dark', async () => {
    await makeConflict(server, 'P-1', {
      field: 'diagnosis',
      values: ['a cold that lasts', 'a cough that lasts'],
    })
    const { page } = await open('/inbox', 'rosa')
    await shownRecord(page).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.keyboard.press('t')
    expect(await seriousFindings(page)).toEqual([])
  })
})
