// One collection per strategy of the source documents: what the acceptance suite declares, as a user would.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    /** Last write wins per field; text by character. Unknown columns are kept, missing ones take their default. */
    tasks: collection({
      title: s.string().required(),
      status: s.string(),
      priority: s.number().required().default(3),
      labels: s.set(s.string()),
      body: s.text(),
    }),

    /** A delete beside an update that did not see it: ignored, revived, held. */
    drafts: collection({ title: s.string(), author: s.string() }, { deletes: 'delete-wins' }),
    contacts: collection({ name: s.string(), phone: s.string() }, { deletes: 'update-wins' }),
    contracts: collection({ title: s.string(), value: s.number() }, { deletes: 'hold' }),
    /** Destructive actions only online. */
    folders: collection(
      { name: s.string() },
      {
        lockedWhen: (_folder, { change }) =>
          change.intent === 'delete' && change.door !== 'rest' && 'folders are deleted online only',
      },
    ),

    /** A stale write is refused whole: by time, by version token, by a version column. */
    documents: collection(
      { title: s.string(), modifiedAt: s.date() },
      { concurrency: { mode: 'timestamp', field: 'modifiedAt' } },
    ),
    invoices: collection({ amount: s.number(), payer: s.string() }, { concurrency: 'row-version' }),
    accounts: collection(
      { owner: s.string(), balance: s.number(), rowVersion: s.number() },
      { concurrency: { mode: 'row-version', field: 'rowVersion' } },
    ),

    /** Which of two writes wins: by edit time, by receipt, by source, by role. */
    forms: collection({ title: s.string().lww({ by: 'edited' }), status: s.string() }),
    leads: collection({
      phone: s.string().prefer('metadata.source', ['mobile', 'web']),
      owner: s.string().prefer('role', ['manager', 'clerk']),
    }),

    /** Business rules. */
    orders: collection(
      {
        status: s
          .states({ pending: ['processing'], processing: ['shipped'], shipped: [] })
          .emits({ shipped: 'order.shipped' }),
        price: s
          .number()
          .writable(({ before, change }) => before === null || change.metadata.approvedBy !== undefined),
        quantity: s.number({ min: 0 }),
        address: s.string(),
      },
      { lockedWhen: (order) => order.status === 'shipped' },
    ),

    /** A person decides. Dose and unit are decided together. */
    patients: collection({
      name: s.string(),
      heartRate: s.number(),
      diagnosis: s.string().critical({ resolvers: ['doctor'] }),
      dose: s.number().critical({ group: 'medication' }),
      doseUnit: s.enum(['mg', 'ml']).critical({ group: 'medication' }),
    }),

    /** Two persons decide. */
    payments: collection({ amount: s.number().critical({ approvals: 2 }) }),

    /** Deltas add up, and nobody sells what is not there. */
    items: collection({ name: s.string(), stock: s.counter({ min: 0 }) }),

    /** Written once and never read back by who wrote them. */
    events: collection({ name: s.string(), amount: s.number(), at: s.date() }),

    /** Domain rule: the later state wins. A critical field and a text beside it. */
    tickets: collection({
      title: s.string(),
      status: s.states({
        open: ['in progress', 'done'],
        'in progress': ['open', 'done'],
        done: [],
      }),
      severity: s.string().critical(),
      body: s.text(),
    }),

    /** Effects: fired once, and held back while a field is disputed. */
    releases: collection(
      {
        stage: s.states({ planned: ['done'], done: [] }).emits({ done: 'release.deploy' }),
        target: s.string().critical(),
      },
      { events: 'undisputed' },
    ),

    /** For everybody to read, and for some to write. */
    bulletins: collection({ title: s.string(), body: s.text() }, { access: { write: ['editor'] } }),
  },
})
