/** Shapes of what the inbox is asked and answers, as its routes check them and the OpenAPI document tells them. */
import { z } from '@hono/zod-openapi'
import { CONFLICT_STATES, OPEN_STATES } from '../../../shared/conflicts/conflict.ts'
import type { Json } from '../../../shared/json.ts'
import type { ConflictFilter } from '../../storage/storage.ts'
import { instant, json, outcome, page, pageQuery, provenance } from './rest-schemas.ts'

const SIDES_SEEN_MAX = 1_000
export const NOTE_LENGTH_MAX = 4_096
/** As long as the subject of a token may be. */
const SUBJECT_LENGTH_MAX = 256
/** Of what is looked for in values: it is compared with each of them. */
const VALUE_LENGTH_MAX = 256
/** How many conflicts one request in bulk works on. */
export const BULK_MAX = 1_000

/** Stands for nobody in the query of a list. */
const NOBODY = 'none'

const states = z.enum(CONFLICT_STATES)
const subject = z.string().min(1).max(SUBJECT_LENGTH_MAX)
const note = z.string().max(NOTE_LENGTH_MAX)
const seen = z.array(z.string()).max(SIDES_SEEN_MAX)

const sideSchema = z
  .object({
    id: z.string(),
    operation: z.enum(['set', 'delete', 'increment', 'edit', 'update']),
    value: json,
    ...provenance,
    sawVersion: z.string(),
    changeHash: z.string(),
    supersededBy: z.string().nullable(),
  })
  .openapi('Side')

const decision = {
  choose: z.string().nullable(),
  value: json,
  seen: z.array(z.string()),
  note: z.string().nullable(),
  dismisses: z.boolean(),
  author: z.string().openapi({ description: 'Whose decision it is.' }),
  at: instant,
  approvals: z
    .array(z.object({ author: z.string(), at: instant }))
    .openapi({ description: 'Who has agreed to it besides, in order.' }),
}

const conflictSchema = z
  .object({
    id: z.string(),
    state: states,
    kind: z
      .string()
      .openapi({ description: 'What competes with what, for example set-set; or dead-letter.' }),
    collection: z.string(),
    recordId: z.string(),
    fields: z.array(z.string()),
    base: json,
    inForce: json,
    incumbent: sideSchema,
    alongside: z.array(sideSchema),
    challengers: z.array(sideSchema),
    openedAt: instant,
    assignee: z.string().nullable(),
    proposal: z
      .object({ id: z.string(), ...decision })
      .nullable()
      .openapi({ description: 'A decision that waits for the approval of other persons.' }),
    resolution: z
      .object({ ...decision, changeHash: z.string() })
      .nullable()
      .openapi({ description: 'The decision in force.' }),
    events: z.array(z.object({ type: z.string(), at: instant, author: z.string() }).loose()),
    forgotten: z.number().int().openapi({
      description:
        'How many events are not listed any more, of sides that their authors have replaced since.',
    }),
    mayResolve: z.boolean().openapi({ description: 'Whether the caller may work on it and decide it.' }),
  })
  .openapi('Conflict')

const counted = z.object({
  collection: z.string(),
  kind: z.string(),
  fields: z.array(z.string()),
  count: z.number().int(),
  forbidden: z.number().int().openapi({ description: 'How many of them the caller may not decide.' }),
  sample: z.array(z.string()).openapi({ description: 'Ids of some of them.' }),
})

export const BULK_STATUSES = [
  'decided',
  'awaiting-approval',
  'dismissed',
  'assigned',
  'stale',
  'forbidden',
  'refused',
] as const

const bulkSchema = z.union([
  z
    .object({
      dryRun: z.literal(true),
      count: z.number().int(),
      digest: z.string().openapi({ description: 'Names these conflicts and their sides; for `expected`.' }),
      forbidden: z.number().int(),
      groups: z.array(counted),
      next: z.string().nullable(),
    })
    .openapi('BulkDryRun'),
  z
    .object({
      dryRun: z.literal(false),
      count: z.number().int(),
      results: z.array(
        z.object({
          id: z.string(),
          collection: z.string(),
          recordId: z.string(),
          status: z.enum(BULK_STATUSES),
          code: z.string().optional(),
          detail: z.string().optional(),
        }),
      ),
      next: z.string().nullable(),
    })
    .openapi('BulkRun'),
])

export const conflictAnswers = {
  conflict: conflictSchema,
  corrected: conflictSchema.extend({
    outcomes: z
      .record(
        z.string(),
        z.object({ outcome, reason: z.string().optional(), conflictId: z.string().optional() }),
      )
      .optional()
      .openapi({ description: 'Of a corrected dead letter: what became of each field.' }),
  }),
  conflicts: page(conflictSchema),
  bulk: bulkSchema,
}

export const conflictQuery = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(states))
    .optional()
    .openapi({ type: 'string', description: `Several, as in \`${OPEN_STATES.join(',')}\`.` }),
  collection: z.string().optional(),
  record: z.string().optional(),
  assignee: z
    .string()
    .optional()
    .openapi({ description: `A subject; \`${NOBODY}\` for unassigned ones.` }),
  field: z.string().optional(),
  kind: z.string().optional(),
  author: z.string().optional().openapi({ description: 'Who wrote one of the sides.' }),
  value: z
    .string()
    .min(1)
    .max(VALUE_LENGTH_MAX)
    .optional()
    .openapi({ description: 'Text that the value of a side holds, whether it won or lost; in any case.' }),
  ...pageQuery,
})

type Selection = Omit<ConflictFilter, 'tenant' | 'cursor' | 'limit'>

export const selectionOf = (query: Omit<z.output<typeof conflictQuery>, 'limit' | 'cursor'>): Selection => ({
  states: query.state ?? null,
  collection: query.collection ?? null,
  recordId: query.record ?? null,
  assignee: query.assignee === NOBODY ? null : query.assignee,
  field: query.field,
  kind: query.kind,
  author: query.author,
  value: query.value,
})

export const assignBody = z.strictObject({ assignee: subject.nullable() })
export const commentBody = z.strictObject({ text: note.min(1) })
export const dismissBody = z.strictObject({ note: note.min(1), seen })
export const approveBody = z.strictObject({ proposal: z.string() })

const GIVEN = ['choose', 'value', 'values'] as const

export const decisionBody = z
  .strictObject({
    choose: z.string().optional(),
    value: z.custom<Json>().optional(),
    values: z.custom<Json>().optional(),
    seen,
    note: note.nullable().default(null),
  })
  .refine((sent) => GIVEN.filter((member) => sent[member] !== undefined).length === 1, {
    path: ['choose'],
    message: 'give either a side to choose, a value, or the values of several fields',
  })

export const bulkBody = z
  .strictObject({
    filter: z.strictObject({
      state: z.array(z.enum(OPEN_STATES)).min(1).default(['open', 'assigned', 'reopened']),
      collection: z.string().optional(),
      record: z.string().optional(),
      assignee: z.string().nullable().optional(),
      field: z.string().optional(),
      kind: z.string().optional(),
      author: z.string().optional(),
    }),
    action: z.union([
      z.strictObject({ choose: z.enum(['incumbent', 'newest-challenger', 'oldest-challenger']) }),
      z.strictObject({ dismiss: z.literal(true) }),
      z.strictObject({ assign: subject.nullable() }),
    ]),
    note: note.nullable().default(null),
    dryRun: z.boolean(),
    expected: z.union([z.number().int(), z.string()]).optional(),
    limit: z.number().int().min(1).max(BULK_MAX).default(BULK_MAX),
    cursor: z.string().nullable().default(null),
  })
  .refine(({ action, note: given }) => !('dismiss' in action) || (given !== null && given.length > 0), {
    path: ['note'],
    message: 'say why these are no real conflicts',
  })

export type BulkRequest = z.output<typeof bulkBody>
