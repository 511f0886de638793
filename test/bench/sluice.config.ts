// What the benchmarks write: text, and a record with a field of each policy that matters to speed.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    docs: collection({ body: s.text() }),
    items: collection({
      title: s.string(),
      price: s.number(),
      dose: s.string().critical(),
      stock: s.counter(),
      tags: s.set(s.string()),
    }),
  },
})
