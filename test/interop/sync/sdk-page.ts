// Runs in the page of `sdk-browser.test.ts`: an app on the SDK, as a bundler makes it.

import { connect } from '../../../client/index.ts'
import { openText } from '../../../client/text/index.ts'
import { collection, defineConfig, s } from '../../../shared/index.ts'

const config = defineConfig({
  schema: {
    items: collection({ name: s.string().required(), stock: s.counter({ min: 0 }) }),
    articles: collection({ title: s.string(), body: s.text() }),
  },
})

const open = async (url: string) => {
  const client = await connect(url, { schema: config })
  const item = client.record('items', 'B-1')
  const text = await openText(client, 'articles', 'B-1')
  return {
    sell: (amount: number) => item.change((draft) => draft.stock.decrement(amount)).saved,
    type: (words: string) => {
      text.doc.getText('body').insert(0, words)
      return text.saved
    },
    current: () => item.current(),
    disconnect: () => client.disconnect(),
    durable: () => Promise.all([client.durable(), text.durable()]).then(() => {}),
    shown: () => ({
      stock: item.fields.stock,
      body: text.doc.getText('body').toString(),
      storage: client.storage.type,
      pending: client.pendingCount,
    }),
  }
}

export type PageApp = Awaited<ReturnType<typeof open>>

Object.assign(globalThis, { open, app: null })
