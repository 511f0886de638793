// Hocuspocus' provider in a page, with y-indexeddb for what outlives it.
import { HocuspocusProvider } from '@hocuspocus/provider'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { runClient } from '../clients/run-client.ts'
import { clientOf } from './client-y-doc.mjs'

runClient(async ({ port, kind }) => {
  const doc = new Y.Doc()
  new IndexeddbPersistence(kind, doc)
  new HocuspocusProvider({ url: `ws://127.0.0.1:${port}`, name: kind, document: doc })
  return clientOf(doc, kind)
})
