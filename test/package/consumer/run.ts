// Runs on the packed package in Node: every entry loads, and an app without a server works.
import { writeFileSync } from 'node:fs'
import { newRecord } from 'sluice/automerge'
import { connect, memoryStore } from 'sluice/client'
import { fileStore } from 'sluice/file-store'
import { SluiceConnector } from 'sluice/powersync'
import { createHooks } from 'sluice/react'
import { sluiceCollectionOptions } from 'sluice/tanstack-db'
import { openText } from 'sluice/text'
import WebSocket from 'ws'
import { config } from './config.ts'
import { itemsOf } from './rows.ts'

const client = await connect('http://127.0.0.1:9', { schema: config, store: memoryStore(), WebSocket })
const item = client.record('items', 'i-2')
item.create({ name: 'Nut', labels: ['b', 'a'] })
const text = await openText(client, 'articles', 'a-1')
text.doc.getText('body').insert(0, 'typed')
const bolts = itemsOf(client)
await bolts.preload()
const connector = new SluiceConnector({
  sluiceUrl: 'http://127.0.0.1:9',
  powersyncUrl: 'http://127.0.0.1:9',
  fetchToken: async () => 'token',
  tellUser: () => {},
})
const shown = {
  fields: item.fields,
  pending: client.pendingCount,
  text: text.doc.getText('body').toString(),
  rows: bolts.toArray.map(({ id, stock }) => `${id} ${stock}`),
  credentials: await connector.fetchCredentials(),
  url: newRecord(config, { collection: 'items', id: 'i-2' }).url,
  entries: [createHooks, sluiceCollectionOptions, fileStore].map((entry) => typeof entry),
}
writeFileSync('shown.json', JSON.stringify(shown))
process.exit(0)
