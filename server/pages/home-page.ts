/** What a newcomer sees at `/`: where everything is, what is disputed, and commands to try. */

import type { Context } from 'hono'
import { OPEN_STATES } from '../../shared/conflicts/conflict.ts'
import { escapeHtml } from '../../shared/escape-html.ts'
import { DEFAULT_TENANT } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import type { Authenticator } from '../auth/actor.ts'
import type { Storage } from '../storage/storage.ts'
import { page } from './html.ts'

export interface HomePageParts {
  readonly schema: Schema
  readonly storage: Storage
  readonly auth: Authenticator
  readonly databaseFile: string
}

const RECORDS_SHOWN = 5

export const homePage =
  (parts: HomePageParts) =>
  async (context: Context): Promise<Response> => {
    const origin = new URL(context.req.url).origin
    // With authentication switched on, a page that anybody can open shows no data.
    const data = parts.auth.isOpen
      ? await dataSections(parts)
      : '<p>Sign in with a token to read records and the inbox.</p>'
    return context.html(
      page(
        'Sluice',
        `<h1>Sluice</h1>
<p>Let edits flow. Hold the critical ones.</p>
<p class="${parts.auth.isOpen ? 'notice' : ''}">${escapeHtml(parts.auth.description)}</p>
${data}
<h2>Doors</h2>
<table>
<tr><th>For</th><th>Address</th></tr>
<tr><td>y-websocket clients</td><td><code>${escapeHtml(socketUrl(origin))}/yjs/&lt;collection&gt;/&lt;id&gt;</code></td></tr>
<tr><td>automerge-repo clients</td><td><code>${escapeHtml(socketUrl(origin))}/automerge</code></td></tr>
<tr><td>REST</td><td><a href="/docs">/docs</a>, <a href="/openapi.json">/openapi.json</a></td></tr>
<tr><td>Search</td><td><a href="/v1/search?q=sync">/v1/search?q=sync</a></td></tr>
<tr><td>Operators</td><td><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></td></tr>
</table>
<h2>Try it</h2>
<pre>${escapeHtml(commands(origin, parts.databaseFile))}</pre>`,
      ),
    )
  }

export const socketUrl = (origin: string): string => origin.replace(/^http/, 'ws')

/** Three commands that work as they are in the demo. */
export function commands(origin: string, databaseFile: string): string {
  return `curl ${origin}/v1/conflicts
sqlite3 ${databaseFile} 'SELECT id, name, diagnosis, diagnosis_disputed FROM patients'
node --input-type=module -e "
  import * as Y from 'yjs'
  import { WebsocketProvider } from 'y-websocket'
  import WebSocketPolyfill from 'ws'
  const doc = new Y.Doc()
  const provider = new WebsocketProvider('${socketUrl(origin)}/yjs', 'articles/welcome', doc, { WebSocketPolyfill })
  provider.once('sync', () => { console.log(doc.getXmlFragment('body').toString()); provider.destroy(); doc.destroy() })
"`
}

async function dataSections({ schema, storage }: HomePageParts): Promise<string> {
  const tenant = DEFAULT_TENANT
  const open = await storage.listConflicts({
    tenant,
    states: OPEN_STATES,
    collection: null,
    recordId: null,
    cursor: null,
    limit: RECORDS_SHOWN,
  })
  const count = await storage.countConflicts(tenant, OPEN_STATES)
  const inbox = open.items.map(
    ({ conflict, key }) =>
      `<tr><td><a href="/v1/conflicts/${encodeURIComponent(conflict.id)}">${escapeHtml(`${key.collection}/${key.id}`)}</a></td>
<td>${escapeHtml(conflict.fields.join(', '))}</td><td>${escapeHtml(show(conflict.inForce))}</td>
<td>${conflict.challengers.map(({ value, author }) => escapeHtml(`${show(value)} (${author})`)).join('<br>')}</td></tr>`,
  )
  const collections = await Promise.all(
    [...schema.keys()].map((collection) => collectionRow(storage, collection)),
  )
  return `<h2>Inbox: <a href="/v1/conflicts">${count} open</a></h2>
<table><tr><th>Record</th><th>Field</th><th>In force</th><th>Challengers</th></tr>
${inbox.length > 0 ? inbox.join('\n') : '<tr><td colspan="4">Nothing waits for a decision.</td></tr>'}</table>
<h2>Collections</h2>
<table><tr><th>Collection</th><th>Records</th></tr>
${collections.join('\n')}</table>`
}

async function collectionRow(storage: Storage, collection: string): Promise<string> {
  const { items, next } = await storage.listRecords({
    tenant: DEFAULT_TENANT,
    collection,
    where: {},
    cursor: null,
    limit: RECORDS_SHOWN,
  })
  const path = `/v1/records/${encodeURIComponent(collection)}`
  const links = items.map(
    ({ key }) => `<a href="${path}/${encodeURIComponent(key.id)}">${escapeHtml(key.id)}</a>`,
  )
  return `<tr><td><a href="${path}">${escapeHtml(collection)}</a></td><td>${links.join(', ')}${next === null ? '' : ', …'}</td></tr>`
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
