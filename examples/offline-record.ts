// Creates a ticket without a network, edits it, and lets automerge-repo carry it to the server later.
// Run it beside `npm start`: npx tsx examples/offline-record.ts

import type { DocumentId } from '@automerge/automerge-repo'
import { ImmutableString, Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { newRecord } from '../client/automerge/index.ts'
import config from '../sluice.config.ts'

const id = `T-${Date.now()}`
const { documentId, binary } = newRecord(config, { collection: 'tickets', id })

const repo = new Repo()
const ticket = repo.import<Record<string, unknown>>(binary, { docId: documentId as DocumentId })
ticket.change((record) => {
  record.title = new ImmutableString('Written in a tunnel')
})

repo.networkSubsystem.addNetworkAdapter(new WebSocketClientAdapter('ws://127.0.0.1:4800/automerge?token=ann'))
for (;;) {
  const answer = await fetch(`http://127.0.0.1:4800/v1/records/tickets/${id}`)
  if (answer.ok) {
    console.log(await answer.json())
    process.exit(0)
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
}
