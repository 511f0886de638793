// y-websocket in a page, with y-indexeddb for what outlives it.
import { IndexeddbPersistence } from 'y-indexeddb'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { runClient } from '../clients/run-client.ts'
import { clientOf } from './client-y-doc.mjs'

runClient(async ({ port, kind }) => {
  const doc = new Y.Doc()
  new IndexeddbPersistence(kind, doc)
  new WebsocketProvider(`ws://127.0.0.1:${port}`, kind, doc)
  return clientOf(doc, kind)
})
