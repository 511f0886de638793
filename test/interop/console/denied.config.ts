// Who may do what in the tests of what the console says to those who may not.
import { collection, defineConfig, s } from 'sluice'

export default defineConfig({
  schema: {
    patients: collection(
      {
        name: s.string(),
        diagnosis: s
          .string()
          .critical({ resolvers: ['doctor'] })
          .access({ write: ['doctor'] }),
        salary: s.number().access({ read: ['payroll'] }),
        notes: s.text(),
      },
      { access: { read: ['doctor', 'clerk', 'visitor'], write: ['doctor', 'clerk'] } },
    ),
    diaries: collection({ title: s.string() }, { access: { read: ['doctor'], write: ['doctor'] } }),
  },
})
