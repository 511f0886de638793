/** Reads the options of a collection: what becomes of deletes, how strict writes are, and its rules. */
import { z } from 'zod'
import { accessSchema } from './check-access.ts'
import type { RecordCheck, RecordLock } from './rules.ts'
import type { CollectionSpec, Concurrency } from './schema.ts'
import { plainCollection } from './schema.ts'

const mode = z.enum(['merge', 'row-version', 'timestamp'])
const isFunction = (value: unknown): boolean => typeof value === 'function'

const optionsSchema = z.strictObject({
  deletes: z.enum(['hold', 'delete-wins', 'update-wins']).optional(),
  concurrency: z.union([mode, z.strictObject({ mode, field: z.string().optional() })]).optional(),
  lockedWhen: z.custom<RecordLock>(isFunction, 'takes a function').optional(),
  check: z.custom<RecordCheck>(isFunction, 'takes a function').optional(),
  events: z.enum(['at-once', 'undisputed']).optional(),
  access: accessSchema.optional(),
})

type Declared = Pick<CollectionSpec, 'name' | 'fields' | 'texts' | 'access'>

/** @param problems takes up what is wrong, as sentences that name the collection. */
export function readOptions(collection: Declared, declared: unknown, problems: string[]): CollectionSpec {
  const plain = { ...plainCollection(collection.name), ...collection }
  const parsed = optionsSchema.safeParse(declared)
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues)
      problems.push(`Collection "${collection.name}": its option ${path.join('.') || 'list'}: ${message}.`)
    return plain
  }
  const { deletes, concurrency, lockedWhen, check, events, access } = parsed.data
  const strictness: Concurrency =
    typeof concurrency === 'object'
      ? { mode: concurrency.mode, field: concurrency.field ?? null }
      : { mode: concurrency ?? 'merge', field: null }
  const problem = concurrencyProblem(collection, strictness)
  if (problem !== null) problems.push(`Collection "${collection.name}": ${problem}`)
  return {
    ...plain,
    deletes: deletes ?? plain.deletes,
    concurrency: strictness,
    holdsEvents: events === 'undisputed',
    lockedWhen: lockedWhen ?? null,
    check: check ?? null,
    access: { ...collection.access, records: access ?? {} },
  }
}

function concurrencyProblem({ fields }: Declared, { mode, field }: Concurrency): string | null {
  if (field === null) return null
  const kind = fields.get(field)?.kind
  if (mode === 'merge') return `concurrency takes no field unless writes are refused; remove "${field}".`
  if (mode === 'row-version' && kind !== 'number')
    return `concurrency counts versions in "${field}": declare it as s.number().`
  if (mode === 'timestamp' && kind !== 'date')
    return `concurrency keeps times in "${field}": declare it as s.date().`
  return null
}
