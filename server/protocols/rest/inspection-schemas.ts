/** Shapes of what looking into a record answers. */
import { z } from '@hono/zod-openapi'
import { instant, outcome } from './rest-schemas.ts'

const count = z.number().int()

const sizeSchema = z
  .object({
    bytes: count.openapi({ description: 'Of the document as a newcomer is sent it: the sum of the parts.' }),
    content: count.openapi({ description: 'What is visible.' }),
    history: count.openapi({ description: 'Who wrote it, after what and when.' }),
    tombstones: count.nullable().openapi({
      description: 'What is left of deleted text; null where it is packed with the history (Automerge).',
    }),
    gone: count.openapi({
      description:
        'Of text, deleted characters and elements; of fields, operations that others have replaced.',
    }),
  })
  .openapi('DocumentSize')

const storedSchema = {
  entries: count.openapi({ description: 'In the journal.' }),
  journalBytes: count,
  snapshotBytes: count.nullable(),
  size: sizeSchema.nullable().openapi({ description: 'Null with `sizes=false`.' }),
}

const clock = { subject: z.string().nullable().openapi({ description: 'To whom it is bound (R5).' }) }

export const inspectionSchema = z
  .object({
    collection: z.string(),
    id: z.string(),
    version: z.string(),
    deleted: z.boolean(),
    createdAt: instant,
    updatedAt: instant,
    documents: z.array(
      z
        .object({
          document: z.string(),
          automergeUrl: z.string(),
          heads: z.array(z.string()),
          changes: count,
          clocks: z.array(z.object({ actor: z.string(), seq: count, ...clock })),
          clocksLeftOut: count,
          ...storedSchema,
        })
        .openapi('InspectedDocument'),
    ),
    text: z
      .object({
        fields: z.array(z.string()),
        version: count.openapi({ description: 'Updates that are accepted.' }),
        projectedVersion: count.openapi({ description: 'Of these, those that the columns show.' }),
        clocks: z
          .array(z.object({ client: count, clock: count, ...clock }))
          .openapi({ description: 'The state vector.' }),
        clocksLeftOut: count,
        ...storedSchema,
      })
      .nullable()
      .openapi('InspectedText'),
    sessions: z.array(
      z.object({
        session: z.string(),
        subject: z.string(),
        device: z.string().nullable(),
        door: z.string(),
        since: instant,
        lanes: z.array(z.enum(['fields', 'text'])),
      }),
    ),
    conflicts: z
      .array(
        z.object({
          id: z.string(),
          state: z.string(),
          kind: z.string(),
          fields: z.array(z.string()),
          openedAt: instant,
          assignee: z.string().nullable(),
          changes: z.array(z.string()).openapi({ description: 'Of its sides, by hash.' }),
        }),
      )
      .openapi({ description: 'Those that nobody has decided.' }),
  })
  .openapi('Inspection')

export const graphNodeSchema = z
  .object({
    hash: z.string(),
    version: z
      .string()
      .openapi({ description: 'The record as its author had it with this change; for ?at=.' }),
    builds: z.array(z.string()).openapi({ description: 'Changes that it builds on, by hash.' }),
    isHead: z.boolean(),
    kind: z.enum(['genesis', 'change', 'settle', 'resolution', 'undo']),
    actor: z.string(),
    seq: count,
    operations: count,
    author: z.string(),
    door: z.string(),
    device: z.string().nullable(),
    claimedAt: instant.nullable(),
    receivedAt: instant,
    outcomes: z.array(
      z.object({
        field: z.string(),
        outcome,
        reason: z.string().nullable(),
        code: z.string().nullable(),
        conflictId: z.string().nullable(),
      }),
    ),
    conflicts: z.array(z.string()).openapi({ description: 'By id: those that it is a side of.' }),
  })
  .openapi('CausalChange')
