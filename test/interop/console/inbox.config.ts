// What reviewers of these tests decide about.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    patients: collection({
      name: s.string(),
      diagnosis: s.string().critical(),
      dose: s.number().critical({ approvals: 2 }),
    }),
  },
})
