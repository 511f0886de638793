// A till in plain Node: sells offline, keeps the sale over a restart, and sends it when there is a connection.
import { connect } from 'sluice/client'
import { fileStore } from 'sluice/file-store'
import WebSocket from 'ws'
import config from '../../sluice.config.ts'

const { SLUICE_URL = 'http://127.0.0.1:4800', TILL = 'till.sluice' } = process.env

// Node 20 has no WebSocket of its own.
const client = await connect(SLUICE_URL, { schema: config, store: fileStore(TILL), WebSocket })
const bolts = client.record('items', 'bolt-m8')
// A sale is judged by the stock that the clerk sees: the first start needs the server, later ones do not.
if (bolts.status === 'unknown') await bolts.current()

const sale = bolts.change((draft) => {
  draft.stock.decrement(2)
})
await sale.saved
console.log(`sold 2; ${client.pendingCount} sale(s) on their way`)

const { status } = await sale.settled
console.log(`${status}: ${bolts.fields.stock} in stock`)
await client.close()
