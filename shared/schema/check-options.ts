/** Reads the options of a collection: what becomes of deletes, how strict writes are, and its rules. */
import type { AccessRules } from './access.ts'
import { readAccess } from './check-access.ts'
import type { RecordCheck, RecordLock } from './rules.ts'
import type { CollectionSpec, Concurrency, ConcurrencyMode, DeletePolicy } from './schema.ts'
import { plainCollection } from './schema.ts'

const OPTIONS = ['deletes', 'concurrency', 'lockedWhen', 'check', 'events', 'access'] as const
type Option = (typeof OPTIONS)[number]

const DELETES: readonly DeletePolicy[] = ['hold', 'delete-wins', 'update-wins']
const MODES: readonly ConcurrencyMode[] = ['merge', 'row-version', 'timestamp']
const EVENTS = ['at-once', 'undisputed'] as const

type Declared = Pick<CollectionSpec, 'name' | 'fields' | 'texts' | 'access'>

/** @param problems takes up what is wrong, as sentences that name the collection. */
export function readOptions(collection: Declared, declared: unknown, problems: string[]): CollectionSpec {
  const reader = new OptionReader(collection.name, declared, problems)
  const strictness = readConcurrency(reader)
  const problem = concurrencyProblem(collection, strictness)
  if (problem !== null) problems.push(`Collection "${collection.name}": ${problem}`)
  return {
    ...plainCollection(collection.name),
    ...collection,
    deletes: reader.oneOf('deletes', DELETES) ?? 'delete-wins',
    concurrency: strictness,
    holdsEvents: reader.oneOf('events', EVENTS) === 'undisputed',
    lockedWhen: reader.rule<RecordLock>('lockedWhen'),
    check: reader.rule<RecordCheck>('check'),
    access: { ...collection.access, records: reader.access() },
  }
}

class OptionReader {
  readonly #collection: string
  readonly #options: Readonly<Record<string, unknown>>
  readonly #problems: string[]

  constructor(collection: string, declared: unknown, problems: string[]) {
    this.#collection = collection
    this.#problems = problems
    const isObject = typeof declared === 'object' && declared !== null
    this.#options = isObject ? { ...declared } : {}
    if (!isObject) problems.push(`Collection "${collection}": its options are an object.`)
    for (const name of Object.keys(this.#options))
      if (!OPTIONS.some((option) => option === name)) this.say(name, `there are ${OPTIONS.join(', ')}`)
  }

  say(option: string, message: string): void {
    this.#problems.push(`Collection "${this.#collection}": its option ${option}: ${message}.`)
  }

  read(option: Option): unknown {
    return this.#options[option]
  }

  oneOf<Value extends string>(option: Option, values: readonly Value[]): Value | null {
    const value = this.read(option)
    if (value === undefined) return null
    const known = values.find((one) => one === value)
    if (known === undefined) this.say(option, `takes one of ${values.join(', ')}`)
    return known ?? null
  }

  rule<Rule>(option: Option): Rule | null {
    const value = this.read(option)
    if (value === undefined) return null
    if (typeof value === 'function') return value as Rule
    this.say(option, 'takes a function')
    return null
  }

  access(): AccessRules {
    const value = this.read('access')
    return value === undefined ? {} : readAccess(`Collection "${this.#collection}"`, value, this.#problems)
  }
}

function readConcurrency(reader: OptionReader): Concurrency {
  const declared = reader.read('concurrency')
  if (typeof declared !== 'object' || declared === null)
    return { mode: reader.oneOf('concurrency', MODES) ?? 'merge', field: null }
  const { mode, field, ...others } = declared as Readonly<Record<string, unknown>>
  const known = MODES.find((one) => one === mode)
  if (known === undefined) reader.say('concurrency.mode', `takes one of ${MODES.join(', ')}`)
  if (field !== undefined && typeof field !== 'string')
    reader.say('concurrency.field', 'takes the name of a field')
  for (const name of Object.keys(others)) reader.say(`concurrency.${name}`, 'there are mode and field')
  return { mode: known ?? 'merge', field: typeof field === 'string' ? field : null }
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
