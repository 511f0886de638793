// Who may do what with the collections of sluice.config.ts beside this file, written down once more as a table, and
// what each door must therefore answer. It shares no line with the server.

export const WHO = ['doctor', 'nurse', 'auditor', 'visitor', 'owner'] as const
export type Who = (typeof WHO)[number]
export const TENANTS = ['north', 'south'] as const
export type Tenant = (typeof TENANTS)[number]
/** All that is seeded belongs to it. */
export const HOME: Tenant = 'north'

interface Rights {
  readonly read?: readonly Who[]
  readonly write?: readonly Who[]
}

interface Table extends Rights {
  /** Without functions: known before a record is looked at. */
  readonly byRole: boolean
  readonly fields: Readonly<Record<string, Rights>>
  readonly body: Rights
  /** Fields whose rule is a function. */
  readonly asked?: readonly string[]
  /** Documents beside the main one, and the fields that lie in them. */
  readonly compartments?: Readonly<Record<string, readonly string[]>>
}

const staff: readonly Who[] = ['doctor', 'nurse', 'auditor']
const carers: readonly Who[] = ['doctor', 'nurse']

export const tables: Readonly<Record<string, Table>> = {
  free: { byRole: true, fields: { owner: {}, title: {} }, body: {} },
  charts: {
    byRole: true,
    read: staff,
    write: carers,
    fields: { owner: {}, weight: {}, diagnosis: { read: ['doctor', 'auditor'], write: ['doctor'] } },
    body: {},
    compartments: { 'roles:auditor+doctor': ['diagnosis'] },
  },
  wards: {
    byRole: true,
    read: staff,
    write: carers,
    fields: { owner: {}, beds: {}, name: { write: ['doctor'] } },
    body: { write: ['doctor'] },
  },
  letters: {
    byRole: true,
    fields: { owner: {}, title: {} },
    body: { read: carers, write: ['doctor'] },
  },
  diaries: {
    byRole: false,
    read: ['doctor', 'owner'],
    write: ['owner'],
    fields: { owner: {}, title: {}, secret: { read: ['owner'] } },
    body: {},
    asked: ['secret'],
    compartments: { 'field:secret': ['secret'] },
  },
  broken: { byRole: false, read: [], write: [], fields: { owner: {}, title: {} }, body: {} },
}

/** A value of the field's kind. */
export const sampleOf = (field: string, seed: string): string | number =>
  field === 'weight' || field === 'beds'
    ? seed.length + 40
    : field === 'owner'
      ? seed === 'seeded' || seed === 'new'
        ? 'owner'
        : seed
      : `${field} ${seed}`

export interface Cell {
  readonly who: Who
  readonly tenant: Tenant
  readonly collection: string
  /** Null where the action is about the record as a whole. */
  readonly field: string | null
  /** Which of its documents; left out for the main one. */
  readonly document?: string
}

/** Every actor in every tenant on every collection, and on each of its fields. */
export function cellsOf(by: 'collection' | 'field'): readonly Cell[] {
  return WHO.flatMap((who) =>
    TENANTS.flatMap((tenant) =>
      Object.entries(tables).flatMap(([collection, { fields }]) =>
        (by === 'field' ? Object.keys(fields) : [null]).map((field) => ({ who, tenant, collection, field })),
      ),
    ),
  )
}

/** Every actor in every tenant on every document of a record. */
export const documentCells = (): readonly Cell[] =>
  cellsOf('collection').flatMap((cell) =>
    ['', ...Object.keys(tables[cell.collection]?.compartments ?? {})].map((document) => ({
      ...cell,
      document,
    })),
  )

/** The document that a field lies in. */
export const documentWith = ({ collection, field }: Cell): string =>
  Object.entries(tables[collection]?.compartments ?? {}).find(([, fields]) =>
    fields.includes(field ?? ''),
  )?.[0] ?? ''

/** The fields that lie in the cell's document. */
export const fieldsIn = ({ collection, document = '' }: Cell): readonly string[] =>
  Object.keys(tables[collection]?.fields ?? {}).filter(
    (field) => documentWith({ collection, field } as Cell) === document,
  )

const allows = (who: Who, allowed: readonly Who[] | undefined): boolean =>
  allowed === undefined || allowed.includes(who)

const tableOf = ({ collection }: Cell): Table => {
  const table = tables[collection]
  if (table === undefined) throw new Error(`no table ${collection}`)
  return table
}

/** The whole collection is closed to him, whatever a record holds. */
export const isClosed = (cell: Cell): boolean => tableOf(cell).byRole && !allows(cell.who, tableOf(cell).read)

/** He may read the seeded record. */
export const reads = (cell: Cell): boolean => cell.tenant === HOME && allows(cell.who, tableOf(cell).read)

const rightsOf = (cell: Cell, field: string): Rights =>
  field === 'body' ? tableOf(cell).body : (tableOf(cell).fields[field] ?? {})

export const readsField = (cell: Cell, field = cell.field ?? ''): boolean =>
  reads(cell) && allows(cell.who, rightsOf(cell, field).read)

/** By the tables alone, in whatever tenant. */
export const mayWrite = (cell: Cell, field = cell.field): boolean =>
  allows(cell.who, tableOf(cell).read) &&
  allows(cell.who, tableOf(cell).write) &&
  (field === null ||
    (allows(cell.who, rightsOf(cell, field).read) && allows(cell.who, rightsOf(cell, field).write)))

export const readsWholeDocument = (cell: Cell): boolean =>
  fieldsIn(cell).every((field) => readsField(cell, field))

export const isAsked = (cell: Cell): boolean => tableOf(cell).asked?.includes(cell.field ?? '') === true

/** What a write to the seeded record is answered. */
export function writeAnswer(cell: Cell): string {
  if (isClosed(cell)) return 'forbidden'
  if (!reads(cell)) return 'not_found'
  if (mayWrite(cell)) return 'written'
  return cell.field === null ? 'forbidden' : `forbidden ${cell.field}`
}
