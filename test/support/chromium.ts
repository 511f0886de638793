// A real Chromium without a window, and pages on an origin of their own.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import chromium from '@sparticuz/chromium'
import type { Browser } from 'playwright-core'
import { chromium as launcher } from 'playwright-core'

/** @param scripts path → JavaScript module. `/` is a page that loads nothing. */
export async function serveScripts(
  scripts: Readonly<Record<string, string>>,
): Promise<{ readonly origin: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const script = scripts[pathname]
    response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript')
    response.setHeader('Access-Control-Allow-Origin', '*')
    // A sandboxed page has no origin of its own, so the browser lets it store nothing.
    if (pathname === '/sandboxed') response.setHeader('Content-Security-Policy', 'sandbox allow-scripts')
    response.end(script ?? '<!doctype html><title>test</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}

export async function launchChromium(): Promise<Browser> {
  const args = chromium.args.filter((arg) => arg !== '--single-process')
  return launcher.launch({ executablePath: await chromium.executablePath(), args, headless: true })
}
