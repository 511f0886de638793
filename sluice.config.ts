// The schema of the demo that `npm start` shows. Replace it with your own.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    tickets: collection({
      title: s.string().required(),
      status: s.enum(['open', 'in progress', 'done']).default('open'),
      labels: s.set(s.string()),
      body: s.text(),
    }),
    patients: collection({
      name: s.string().required(),
      heartRate: s.number(),
      bloodPressure: s.string(),
      diagnosis: s.string().critical({ resolvers: ['doctor'] }),
      allergies: s.set(s.string()),
      notes: s.text(),
    }),
    items: collection({
      name: s.string().required(),
      stock: s.counter(),
    }),
    orders: collection({
      status: s.enum(['pending', 'processing', 'shipped']).default('pending'),
      lines: s.map(s.number()),
      placedAt: s.date(),
    }),
    articles: collection({
      title: s.string(),
      body: s.text(),
    }),
  },
})
