// One collection per shape of access rules: what the authorization matrix runs against.
import type { AccessActor } from 'sluice'
import { collection, defineConfig, s } from 'sluice'

const isOwner = ({
  actor,
  record,
}: {
  readonly actor: AccessActor
  readonly record: { readonly owner?: unknown }
}): boolean => record.owner === actor.subject

export default defineConfig({
  schema: {
    /** No rules: everybody in the tenant. */
    free: collection({ owner: s.string(), title: s.string(), body: s.text() }),
    /** A field that not every reader may read, so not every reader may open the document. */
    charts: collection(
      {
        owner: s.string(),
        weight: s.number(),
        diagnosis: s
          .string()
          .critical()
          .access({ read: ['doctor', 'auditor'], write: ['doctor'] }),
        body: s.text(),
      },
      { access: { read: ['doctor', 'nurse', 'auditor'], write: ['doctor', 'nurse'], resolve: ['doctor'] } },
    ),
    /** All readers may read all of it, and not all may write all of it. */
    wards: collection(
      {
        owner: s.string(),
        beds: s.number(),
        name: s
          .string()
          .critical()
          .access({ write: ['doctor'] }),
        body: s.text().access({ write: ['doctor'] }),
      },
      { access: { read: ['doctor', 'nurse', 'auditor'], write: ['doctor', 'nurse'] } },
    ),
    /** A text that not everybody may read. */
    letters: collection({
      owner: s.string(),
      title: s.string(),
      body: s.text().access({ read: ['doctor', 'nurse'], write: ['doctor'] }),
    }),
    /** Functions for the record at hand. */
    diaries: collection(
      {
        owner: s.string(),
        title: s.string(),
        secret: s.string().access({ read: isOwner }),
        body: s.text(),
      },
      {
        access: {
          read: (asked) => isOwner(asked) || asked.actor.roles.includes('doctor'),
          write: isOwner,
        },
      },
    ),
    /** Rules that are broken let nobody pass. */
    broken: collection(
      { owner: s.string(), title: s.string(), body: s.text() },
      {
        access: {
          read: () => {
            throw new Error('this rule is broken')
          },
        },
      },
    ),
  },
})
