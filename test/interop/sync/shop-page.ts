// Runs in the pages of `tabs.test.ts`: an app of a shop, several tabs of which are open.
import { connect } from '../../../client/index.ts'
import { openText } from '../../../client/text/index.ts'
import config from '../../../sluice.config.ts'

const open = async (url: string) => {
  const client = await connect(url, { schema: config })
  const item = client.record('items', 'B-1')
  const query = client.collection('items').query({ limit: 10 })
  const text = await openText(client, 'patients', 'B-1')
  const notes = text.doc.getText('notes')
  const presence = item.presence()
  return {
    sell: (amount: number) => item.change((draft) => draft.stock.decrement(amount)).saved,
    type: (words: string) => {
      notes.insert(notes.length, words)
      return text.saved
    },
    greet: (name: string) => presence.set({ name }),
    shown: () => ({
      connection: client.status.name,
      storage: client.storage.type,
      pending: client.pendingCount,
      stock: item.fields.stock,
      staged: [...item.staged],
      changes: item.changes.map(({ status }) => status),
      listed: query.view.rows.map(({ fields }) => fields.stock),
      body: notes.toString(),
      bodyIs: text.status.name,
      present: presence.others.map(({ state }) => state.name),
    }),
  }
}

export type ShopApp = Awaited<ReturnType<typeof open>>

Object.assign(globalThis, { open, app: null })
