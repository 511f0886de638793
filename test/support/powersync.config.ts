// The schema of a server to which a PowerSync client uploads: a field of most kinds.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    items: collection({
      name: s.string().required(),
      stock: s.counter(),
      price: s.number(),
      serial: s.string(),
      amount: s.number(),
      live: s.boolean(),
      tags: s.set(s.string()),
      soldAt: s.date(),
      notes: s.text(),
    }),
    orders: collection({ status: s.enum(['pending', 'shipped']).default('pending') }),
  },
})
