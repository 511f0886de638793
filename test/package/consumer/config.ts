// What an app declares. This folder is compiled twice: here, and in a folder of its own on the packed package.
import { collection, defineConfig, s } from 'sluice'

export const config = defineConfig({
  schema: {
    items: collection({
      name: s.string().required(),
      stock: s.counter({ min: 0 }),
      labels: s.set(s.string()),
      price: s.number(),
    }),
    articles: collection({ title: s.string(), body: s.text() }),
  },
})
