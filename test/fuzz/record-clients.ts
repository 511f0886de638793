// Records what unmodified clients send to the real program, as the corpus of the fuzzer: TipTap over y-websocket,
// automerge-repo, and PowerSync's upload queue. Run it anew when a client is updated: `npm run fuzz:record`.
import { writeFileSync } from 'node:fs'
import * as Automerge from '@automerge/automerge'
import { ImmutableString } from '@automerge/automerge-repo'
import WebSocket from 'ws'
import { PowerSyncClient } from '../support/powersync-client.ts'
import { RepoClient } from '../support/repo-client.ts'
import { rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'
import type { RecordedClients } from './recorded-clients.ts'
import { recordedFile } from './recorded-clients.ts'

const recorded: RecordedClients = { yjs: [], automerge: [], upload: [], record: [] }
const framesOf = new WeakMap<WebSocket, string[]>()

function recordSockets(): void {
  const send = WebSocket.prototype.send as (this: WebSocket, ...args: unknown[]) => void
  WebSocket.prototype.send = function (this: WebSocket, ...args: unknown[]) {
    let frames = framesOf.get(this)
    if (frames === undefined) {
      frames = []
      framesOf.set(this, frames)
      recorded[this.url.includes('/yjs/') ? 'yjs' : 'automerge'].push(frames)
    }
    frames.push(Buffer.from(args[0] as Uint8Array).toString('base64'))
    return send.apply(this, args)
  } as typeof WebSocket.prototype.send
}

function recordUploads(): void {
  const { fetch } = globalThis
  globalThis.fetch = (url, init) => {
    if (String(url).endsWith('/v1/upload') && typeof init?.body === 'string') recorded.upload.push(init.body)
    return fetch(url, init)
  }
}

async function typeText(server: ServerProcess): Promise<void> {
  const [ann, bob] = ['ann', 'bob'].map(
    (name) => new TextClient(server.socketUrl, 'articles/a', 'body', name),
  ) as [TextClient, TextClient]
  await until(() => ann.provider.synced && bob.provider.synced, 'the first synchronisation')
  ann.provider.awareness.setLocalStateField('user', { name: 'Ann', color: '#aabbcc' })
  bob.provider.awareness.setLocalStateField('user', { name: 'Bob', color: '#ccbbaa' })
  for (const line of ['hello 😀', 'a second paragraph', 'a third']) ann.typeParagraph(line)
  await until(() => bob.text.includes('third'), 'bob to see it')
  ann.provider.disconnect()
  for (const line of ['written apart', 'by bob']) bob.typeParagraph(line)
  ann.edit((transaction) => transaction.delete(2, 5))
  ann.edit((transaction) => transaction.insertText('in between', 3))
  ann.provider.connect()
  await until(() => ann.text === bob.text && ann.text.includes('by bob'), 'both to agree')
  for (const client of [ann, bob]) client.destroy()
}

async function fillRecords(server: ServerProcess): Promise<void> {
  const made = await rest(server.url, 'POST', '/v1/records/patients', {
    id: 'P-1',
    name: 'Ada',
    heartRate: 70,
  })
  const [ann, bob] = [new RepoClient(server.socketUrl, 'ann'), new RepoClient(server.socketUrl, 'bob')]
  const [annDoc, bobDoc] = [await ann.find(made.body.automergeUrl), await bob.find(made.body.automergeUrl)]
  annDoc.change((root) => {
    root.heartRate = 71
    root.diagnosis = new ImmutableString('flu')
  })
  await until(() => bobDoc.doc().heartRate === 71, 'bob to see it')
  await ann.goOffline()
  for (let beat = 72; beat < 80; beat++)
    annDoc.change((root) => {
      root.heartRate = beat
      ;(root.allergies as Record<string, boolean>)[`nut ${beat}`] = true
    })
  bobDoc.change((root) => {
    root.diagnosis = new ImmutableString('pneumonia')
    root.extra = { nested: [1, 'two', { three: 3 }], text: 'plain text', at: new Date(0) }
  })
  bobDoc.change((root) => Automerge.splice(root, ['extra', 'text'], 2, 3, 'é😀'))
  ann.goOnline()
  await until(() => annDoc.doc().extra !== undefined && bobDoc.doc().heartRate === 79, 'both to agree')
  for (const change of Automerge.getAllChanges(annDoc.doc()))
    recorded.record.push(Buffer.from(change).toString('base64'))
  annDoc.broadcast({ cursor: 'diagnosis' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  await Promise.all([ann.destroy(), bob.destroy()])
}

async function upload(server: ServerProcess): Promise<void> {
  await using client = await PowerSyncClient.open({ sluiceUrl: server.url })
  await client.write('INSERT INTO items (id, name, stock) VALUES (?, ?, ?)', 'i-1', 'Box', 5)
  await client.write(
    'UPDATE items SET stock = stock - 2, _metadata = ? WHERE id = ?',
    '{"why":"sold"}',
    'i-1',
  )
  await client.transact(
    "INSERT INTO orders (id, status) VALUES ('o-1', 'pending')",
    "UPDATE orders SET status = 'processing' WHERE id = 'o-1'",
  )
  await client.write('INSERT INTO ghosts (id, name) VALUES (?, ?)', 'g-1', 'nobody')
  await client.write('DELETE FROM items WHERE id = ?', 'i-1')
  await client.upload()
}

await using server = await ServerProcess.start()
recordSockets()
recordUploads()
await typeText(server)
await fillRecords(server)
await upload(server)
writeFileSync(recordedFile, `${JSON.stringify(recorded, null, 2)}\n`)
console.log(
  `recorded ${recorded.yjs.flat().length} y-websocket frames, ${recorded.automerge.flat().length} automerge-repo ` +
    `frames and ${recorded.upload.length} uploads`,
)
