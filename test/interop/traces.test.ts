// Real editing histories, replayed keystroke by keystroke through the y-websocket door.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const folder = new URL('../../../shared/data/', import.meta.url)
const hasTraces = existsSync(folder)

interface Transaction {
  readonly parents?: readonly number[]
  readonly agent?: number
  readonly patches: readonly (readonly [position: number, deleted: number, inserted: string])[]
}

interface Trace {
  readonly kind?: 'concurrent'
  readonly numAgents?: number
  readonly endContent: string
  readonly txns: readonly Transaction[]
}

const load = (name: string): Trace =>
  JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, folder))).toString())

const connect = (server: ServerProcess, room: string, doc: Y.Doc): WebsocketProvider =>
  new WebsocketProvider(`${server.socketUrl}/yjs`, room, doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    maxBackoffTime: 200,
  })

function apply(text: Y.Text, { patches }: Transaction): void {
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.delete(position, deleted)
    if (inserted !== '') text.insert(position, inserted)
  }
}

/** Types a sequential trace into one connected document, a frame per transaction. */
async function typeSequential(server: ServerProcess, room: string, trace: Trace): Promise<void> {
  const doc = new Y.Doc()
  const provider = connect(server, room, doc)
  await until(() => provider.synced, 'the first synchronisation')
  const text = doc.getText('body')
  for (const [index, transaction] of trace.txns.entries()) {
    doc.transact(() => apply(text, transaction))
    // Gives the socket a chance to send, as a person's pauses do.
    if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(text.toString()).toBe(trace.endContent)
  await seenByPeer(server, room, trace)
  provider.destroy()
}

/** Replays a concurrent trace: a document per agent, each transaction at the merge of its parents. */
async function typeConcurrent(server: ServerProcess, room: string, trace: Trace): Promise<void> {
  const agents = Array.from({ length: trace.numAgents ?? 2 }, (_, agent) => {
    const doc = new Y.Doc()
    // In a few places both inserted between the same neighbours. The trace puts the first agent's text first,
    // and Yjs the smaller client id's.
    doc.clientID = 1 + agent
    return doc
  })
  const providers = agents.map((doc) => connect(server, room, doc))
  await until(() => providers.every(({ synced }) => synced), 'the first synchronisation')
  // Both type without the network, seeing of each other exactly what the trace says; then they reconnect.
  for (const provider of providers) provider.disconnect()
  const updates: Uint8Array[] = []
  const seen = agents.map(() => new Set<number>())
  for (const [index, transaction] of trace.txns.entries()) {
    const agent = transaction.agent ?? 0
    const doc = agents[agent] ?? expect.fail()
    const missing: number[] = []
    const wanted = [...(transaction.parents ?? [])]
    for (let parent = wanted.pop(); parent !== undefined; parent = wanted.pop()) {
      if (seen[agent]?.has(parent)) continue
      seen[agent]?.add(parent)
      missing.push(parent)
      wanted.push(...(trace.txns[parent]?.parents ?? []))
    }
    for (const parent of missing.sort((a, b) => a - b)) Y.applyUpdate(doc, updates[parent] ?? expect.fail())
    const before = Y.encodeStateVector(doc)
    doc.transact(() => apply(doc.getText('body'), transaction))
    updates.push(Y.encodeStateAsUpdate(doc, before))
    seen[agent]?.add(index)
  }
  for (const provider of providers) provider.connect()
  await until(
    () => agents.every((doc) => doc.getText('body').toString() === trace.endContent),
    'both to converge',
  )
  for (const provider of providers) provider.destroy()
}

/** Peers see what is committed: once one shows the whole text, nothing depends on its author any more. */
async function seenByPeer(server: ServerProcess, room: string, trace: Trace): Promise<void> {
  const peer = new Y.Doc()
  const provider = connect(server, room, peer)
  await until(() => peer.getText('body').toString() === trace.endContent, 'a peer to see it')
  provider.destroy()
}

async function expectStored(server: ServerProcess, id: string, content: string): Promise<void> {
  await until(
    async () =>
      (await rest(server.url, 'GET', `/v1/records/articles/${id}/text/body?format=plain`)).body === content,
    `the stored text of ${id}`,
  )
  const database = new Database(server.databaseFile, { readonly: true })
  expect(database.prepare('SELECT body FROM articles WHERE id = ?').pluck().get(id)).toBe(content)
  database.close()
}

describe.skipIf(!hasTraces)('real histories (skipped where ../shared/data is missing)', () => {
  it('S2: REST and SQL equal the end text of every trace, before and after a restart', {
    timeout: 240_000,
  }, async () => {
    // Years of typing in a minute, which no person does: as much a second as the server takes.
    await using server = await ServerProcess.start({
      SLUICE_SESSION_MESSAGES_PER_SECOND: '1000000',
      SLUICE_SUBJECT_MESSAGES_PER_SECOND: '1000000',
    })
    const paper = load('automerge-paper')
    const code = load('sveltecomponent')
    const friends = load('friendsforever')
    await typeSequential(server, 'articles/paper', paper)
    await typeSequential(server, 'articles/code', code)
    await typeConcurrent(server, 'articles/friends', friends)
    const all = [
      ['paper', paper],
      ['code', code],
      ['friends', friends],
    ] as const
    for (const [id, { endContent }] of all) await expectStored(server, id, endContent)
    await server.restart()
    for (const [id, { endContent }] of all) await expectStored(server, id, endContent)
  })
})
