// automerge-repo in a page, with its storage in IndexedDB. Its WebAssembly is a file beside the script, as its documentation
// has it for pages, and not base64 inside of it.
import { Automerge, initializeWasm, Repo } from '@automerge/automerge-repo/slim'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { IndexedDBStorageAdapter } from '@automerge/automerge-repo-storage-indexeddb'
import { runClient } from '../clients/run-client.ts'

const FIELDS = ['title', 'price', 'dose', 'tag']
const RETRY_MS = 500

runClient(async ({ port, kind, document }) => {
  await initializeWasm(fetch('/automerge.wasm'))
  const repo = new Repo({
    network: [new WebSocketClientAdapter(`ws://127.0.0.1:${port}`, RETRY_MS)],
    storage: new IndexedDBStorageAdapter(),
  })
  const handle = document === '' ? repo.create({ body: '' }) : await repo.find(document)
  return {
    document: handle.url,
    read: () => {
      const doc = handle.doc()
      return kind === 'text' ? doc.body : FIELDS.map((field) => doc[field] ?? '').join('')
    },
    write: (pieces) => {
      if (kind === 'record')
        handle.change((doc) => {
          for (const [at, piece] of pieces.entries()) doc[FIELDS[at]] = piece
        })
      // `body` is a string that is spliced, as its documentation has it for text.
      else
        for (const piece of pieces)
          handle.change((doc) => Automerge.splice(doc, ['body'], doc.body.length, 0, piece))
    },
    onChange: (listener) => handle.on('change', listener),
  }
})
