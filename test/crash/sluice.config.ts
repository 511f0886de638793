// What the crash harness writes: in one change a token that names the write and an amount, so that the counter of a
// record tells of every write that was lost or done twice.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    ledgers: collection({ tokens: s.set(s.string()), total: s.counter() }),
    uploads: collection({ amount: s.number(), source: s.string() }),
    verdicts: collection({ finding: s.string().critical() }),
    texts: collection({ body: s.text() }),
  },
})
