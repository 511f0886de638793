/**
 * Serves the console: the page at every address that it routes itself, and its built files. They hold no data and are
 * for everybody; what the console shows it asks for with its user's token.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RestApp, RestContext } from '../protocols/rest/rest-context.ts'

/** What the console routes itself. */
const PAGES = [
  '/',
  '/demo',
  '/inbox',
  '/inbox/*',
  '/records',
  '/records/*',
  '/inspect',
  '/inspect/*',
  '/operations',
]

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/**
 * Scripts come from here and nowhere else. Style elements are allowed: the component library makes them for sizes that
 * depend on the window.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const ONE_YEAR = 'public, max-age=31536000, immutable'

/** From the build, whether this runs from the build or from the sources. */
const folder = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/console/' : '../../console/',
  import.meta.url,
)

/** @param app takes the routes after those of REST. */
export function mountConsole(app: RestApp): void {
  const servePage = async (c: RestContext): Promise<Response> => {
    const response = await serveFile(c, 'index.html', 'no-cache')
    response.headers.set('Content-Security-Policy', CONSOLE_POLICY)
    response.headers.set('Referrer-Policy', 'no-referrer')
    return response
  }
  for (const path of PAGES) app.get(path, servePage)
  app.get('/favicon.svg', (c) => serveFile(c, 'favicon.svg', 'public, max-age=86400'))
  app.get('/assets/:file{[A-Za-z0-9_-][A-Za-z0-9._-]*}', (c) =>
    serveFile(c, `assets/${c.req.param('file')}`, ONE_YEAR),
  )
}

/** Each file has a compressed copy beside it, made by the build. */
async function serveFile(c: RestContext, file: string, caching: string): Promise<Response> {
  const isCompressed = /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '')
  const path = fileURLToPath(new URL(isCompressed ? `${file}.gz` : file, folder))
  const bytes = await readFile(path).catch(() => {
    throw new SluiceError('not_found', 'there is nothing at this address')
  })
  const extension = file.slice(file.lastIndexOf('.') + 1)
  return new Response(new Uint8Array(bytes), {
    headers: {
      'Content-Type': TYPES[extension] ?? 'application/octet-stream',
      'Cache-Control': caching,
      Vary: 'Accept-Encoding',
      ...(isCompressed ? { 'Content-Encoding': 'gzip' } : {}),
    },
  })
}
