// Takes the pictures of docs/screenshots from the built program: `node scripts/build.mjs && node scripts/write-screenshots.mjs`.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import { chromium as launcher } from 'playwright-core'
import { fill } from './screenshot-data.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const pictures = join(root, 'docs/screenshots')
const port = 4899
const url = `http://127.0.0.1:${port}`

/** Name, path, size and colours; and what is done before the picture is taken. */
const SHOTS = [
  { name: 'demo', path: '/', height: 1000, act: playUntilHeld },
  { name: 'demo-dark', path: '/', height: 1000, scheme: 'dark' },
  { name: 'demo-mobile', path: '/', width: 390, height: 844 },
  { name: 'inbox', path: '/inbox', height: 860 },
  { name: 'inbox-dark', path: '/inbox', height: 860, scheme: 'dark', act: chooseLinked },
  { name: 'inbox-mobile', path: '/inbox', width: 390, height: 844 },
  { name: 'records', path: '/records/patients', height: 560 },
  { name: 'record-mobile-dark', path: '/records/patients/P-1', width: 390, height: 844, scheme: 'dark' },
  { name: 'history', path: '/records/patients/P-1?tab=history', height: 860, act: travel },
  { name: 'texts-dark', path: '/records/patients/P-1?tab=texts', height: 520, scheme: 'dark' },
  { name: 'inspector', path: '/inspect/patients/P-1', height: 860 },
  { name: 'inspector-mobile-dark', path: '/inspect/patients/P-1', width: 390, height: 844, scheme: 'dark' },
  { name: 'operations', path: '/operations', height: 860 },
]

async function chooseLinked(page) {
  await page.getByRole('option').filter({ hasText: 'patients/P-6' }).click()
}

async function travel(page) {
  await page.getByRole('slider', { name: 'Look at' }).focus()
  await page.keyboard.press('Home')
}

async function playUntilHeld(page) {
  for (const step of [1, 2]) {
    await page.getByRole('button', { name: 'Show me' }).click()
    await page.locator(`li[data-done=true]:nth-child(${step})`).waitFor()
    await page.waitForFunction(() => document.querySelector('[data-loading=true]') === null)
  }
  await page.getByRole('region', { name: 'The open conflict' }).waitFor()
}

/** Until nothing loads any more, and what is late has been drawn. */
async function settle(page) {
  await page.locator('main h1').first().waitFor()
  await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null)
  await page.waitForTimeout(1500)
}

const data = mkdtempSync(join(tmpdir(), 'sluice-screenshots-'))
const server = spawn(process.execPath, [join(root, 'dist/server/supervise.js')], {
  cwd: root,
  env: { ...process.env, SLUICE_PORT: String(port), SLUICE_DATA: data },
  stdio: ['ignore', 'pipe', 'inherit'],
})
await new Promise((resolve) => server.stdout.once('data', resolve))
await fill(url)
mkdirSync(pictures, { recursive: true })
const args = chromium.args.filter((arg) => arg !== '--single-process')
const browser = await launcher.launch({
  executablePath: await chromium.executablePath(),
  args,
  headless: true,
})
try {
  for (const { name, path, width = 1280, height, scheme = 'light', act } of SHOTS) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme })
    await page.goto(`${url}${path}`)
    await settle(page)
    await act?.(page)
    await settle(page)
    await page.screenshot({ path: join(pictures, `${name}.png`) })
    await page.close()
    console.log(`docs/screenshots/${name}.png`)
  }
} finally {
  await browser.close()
  server.kill()
  rmSync(data, { recursive: true, force: true })
}
