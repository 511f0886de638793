/** What the driver needs to know of a schema: plain data, so that it can travel to the writer thread. */
import type { Schema } from '../../../shared/schema/schema.ts'
import type { RoleView } from '../../projection/role-views.ts'
import { roleViews } from '../../projection/role-views.ts'
import type { Table } from '../../projection/table-layout.ts'
import { layoutTables } from '../../projection/table-layout.ts'

export interface ProjectionShape {
  readonly tables: readonly Table[]
  /** Collection → names of its text fields. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  readonly roleViews: readonly RoleView[]
}

export const projectionShape = (schema: Schema): ProjectionShape => ({
  tables: layoutTables(schema),
  texts: new Map([...schema.values()].map(({ name, texts }) => [name, texts])),
  roleViews: roleViews(schema),
})
