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
      // Decided together: a mix of dose and unit that nobody entered never appears.
      dose: s.number().critical({ group: 'medication', resolvers: ['doctor'] }),
      doseUnit: s.enum(['mg', 'ml']).critical({ group: 'medication', resolvers: ['doctor'] }),
      allergies: s.set(s.string()),
      // Every visit counts, also those of two nurses who were offline.
      visits: s.counter({ min: 0 }),
      notes: s.text(),
    }),
    items: collection({
      name: s.string().required(),
      // Sales add up; overselling by people who did not see each other is a conflict.
      stock: s.counter({ min: 0 }),
    }),
    orders: collection(
      {
        status: s
          .states({ pending: ['processing'], processing: ['shipped'], shipped: [] })
          .emits({ shipped: 'order.shipped' }),
        price: s.number({ min: 0 }).writable(({ change }) => change.metadata.approvedBy != null),
        lines: s.map(s.number()),
        placedAt: s.date(),
      },
      { lockedWhen: (order) => order.status === 'shipped', deletes: 'hold' },
    ),
    articles: collection({
      title: s.string(),
      body: s.text(),
    }),
  },
})
