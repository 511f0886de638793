/** Records as rows, with a column for each field. */
import { Anchor, Table, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { IconAlertTriangle, IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { Link } from 'wouter'
import type { Json } from '../../../../shared/json.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { ValueView } from '../../components/value-view.tsx'
import { recordAddress } from '../../session/record-address.ts'
import classes from './record-table.module.css'
import type { RecordsView } from './records-view.ts'
import { listableFields, nextOrder } from './records-view.ts'

/** What a live query tells of a record. */
export interface ListedRecord {
  readonly id: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly disputed: Readonly<Record<string, { readonly conflictId: string }>>
  readonly staged: ReadonlySet<string>
  readonly updatedAt: string | null
}

export interface RecordTableProps {
  readonly collection: CollectionSpec
  readonly rows: readonly ListedRecord[]
  readonly orderBy: RecordsView['orderBy']
  readonly onOrder: (orderBy: RecordsView['orderBy']) => void
}

const COLUMN_PX = 130

export function RecordTable({ collection, rows, orderBy, onOrder }: RecordTableProps) {
  const fields = [...collection.fields.keys()]
  const listable = new Set(listableFields(collection))
  return (
    <ScrollTable label={`Records of ${collection.name}`} minWidth={220 + fields.length * COLUMN_PX}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th aria-sort={orderBy === null ? 'ascending' : 'none'}>id</Table.Th>
          {fields.map((field) => (
            <Table.Th key={field} aria-sort={sortOf(orderBy, field)} dir="auto">
              {listable.has(field) ? (
                <UnstyledButton
                  className={classes.sort ?? ''}
                  onClick={() => onOrder(nextOrder(orderBy, field))}
                  title="Sort by it"
                >
                  {field}
                  {orderBy?.field !== field ? null : orderBy.descending ? (
                    <IconArrowDown size={13} aria-hidden />
                  ) : (
                    <IconArrowUp size={13} aria-hidden />
                  )}
                </UnstyledButton>
              ) : (
                field
              )}
            </Table.Th>
          ))}
          <Table.Th>changed</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <RecordRow key={row.id} collection={collection} row={row} fields={fields} />
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function sortOf(orderBy: RecordsView['orderBy'], field: string): 'ascending' | 'descending' | 'none' {
  if (orderBy?.field !== field) return 'none'
  return orderBy.descending ? 'descending' : 'ascending'
}

interface RecordRowProps {
  readonly collection: CollectionSpec
  readonly row: ListedRecord
  readonly fields: readonly string[]
}

const RecordRow = ({ collection, row, fields }: RecordRowProps) => (
  <Table.Tr>
    <Table.Th scope="row" className={classes.id ?? ''}>
      <Anchor component={Link} href={recordAddress('records', collection.name, row.id)} size="sm" dir="auto">
        {row.id}
      </Anchor>
    </Table.Th>
    {fields.map((field) => {
      const conflictId = row.disputed[field]?.conflictId
      return (
        <Table.Td
          key={field}
          className={classes.cell ?? ''}
          data-disputed={conflictId !== undefined}
          data-staged={row.staged.has(field)}
        >
          <div className={classes.value}>
            {conflictId === undefined ? null : (
              <Link href={`/inbox/${conflictId}`} className={classes.dispute} title="Look at the conflict">
                <IconAlertTriangle size={14} aria-hidden />
                <VisuallyHidden>{field} is disputed: look at the conflict</VisuallyHidden>
              </Link>
            )}
            <div className={classes.text}>
              {/* The server tells JSON. */}
              <ValueView
                value={row.fields[field] as Json | undefined}
                spec={collection.fields.get(field) ?? null}
                isCompact
              />
            </div>
          </div>
        </Table.Td>
      )
    })}
    <Table.Td className={classes.when ?? ''}>
      {row.staged.size > 0 || row.updatedAt === null ? (
        <StatusBadge status="staged" label="not confirmed" />
      ) : (
        <RelativeTime at={row.updatedAt} />
      )}
    </Table.Td>
  </Table.Tr>
)
