/** The records of a view, live: a page of them, and more on demand. */
import { Alert, Button, Group, Skeleton, Text } from '@mantine/core'
import { IconCloudOff, IconDatabase, IconLock } from '@tabler/icons-react'
import { useState } from 'react'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { Cursor } from '../../../index.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCount } from '../../components/figures.ts'
import { useQuery } from '../../hooks/sluice-hooks.ts'
import { useIsConnecting } from '../../hooks/use-is-connecting.ts'
import { RecordTable } from './record-table.tsx'
import type { RecordsView } from './records-view.ts'
import { enteredValue } from './records-view.ts'

const PAGE = 50

export interface RecordListProps {
  readonly collection: CollectionSpec
  readonly view: RecordsView
  readonly onOrder: (orderBy: RecordsView['orderBy']) => void
}

export function RecordList({ collection, view, onOrder }: RecordListProps) {
  const { filter, orderBy } = view
  const isConnecting = useIsConnecting()
  const [after, setAfter] = useState<Cursor | null>(null)
  const spec = filter === null ? undefined : collection.fields.get(filter.field)
  const wanted = filter === null || spec === undefined ? null : enteredValue(spec, filter.text)
  const query = useQuery(collection.name, {
    limit: PAGE,
    ...(filter !== null && wanted?.ok === true ? { where: { [filter.field]: wanted.value } } : {}),
    ...(orderBy === null ? {} : { orderBy }),
    ...(after === null ? {} : { after }),
  })
  const { rows, status, hasMore, next, handle, refusal } = query
  const more = async (): Promise<void> => {
    // One query holds so many rows and no more: then the list goes on behind them.
    if (!(await handle.loadMore()) && handle.status === 'live' && next !== null) setAfter(next)
  }
  if (status === 'refused')
    return (
      <div role="alert">
        <EmptyState
          title={refusal?.code === 'forbidden' ? 'You may not see this' : 'The list could not be read'}
          icon={IconLock}
          text={`${refusal?.message ?? 'The server does not tell why'}.`}
        />
      </div>
    )
  if (rows.length === 0 && status === 'loading') return <Loading isConnecting={isConnecting} />
  return (
    <>
      {status === 'live' || (status === 'loading' && isConnecting) ? null : (
        <Alert color="gray" mb="sm" p="xs" icon={<IconCloudOff size={16} aria-hidden />} role="status">
          {status === 'stale'
            ? 'Offline: the records are shown as they were told last.'
            : 'Offline: of this list, only records that are stored on this device are shown.'}
        </Alert>
      )}
      {rows.length === 0 ? (
        <EmptyState
          title="Nothing is here"
          icon={IconDatabase}
          text={
            filter === null ? 'This collection has no record that you may read.' : 'No record has this value.'
          }
        />
      ) : (
        <RecordTable collection={collection} rows={rows} orderBy={orderBy} onOrder={onOrder} />
      )}
      <Group gap="xs" mt="xs">
        <Text size="xs" c="dimmed" className="tabular" aria-live="polite">
          {formatCount(rows.length)}
          {hasMore ? '+' : ''} {rows.length === 1 && !hasMore ? 'record' : 'records'}
          {after === null ? '' : ', from further behind'}
        </Text>
        {hasMore ? (
          <Button size="compact-xs" variant="default" onClick={() => void more()}>
            Show more
          </Button>
        ) : null}
        {after === null ? null : (
          <Button size="compact-xs" variant="default" onClick={() => setAfter(null)}>
            Back to the first
          </Button>
        )}
      </Group>
    </>
  )
}

/** Offline, what is not stored here does not come. */
function Loading({ isConnecting }: { readonly isConnecting: boolean }) {
  return isConnecting ? (
    <Skeleton height={260} />
  ) : (
    <EmptyState
      title="Offline"
      icon={IconCloudOff}
      text="Nothing of this list is stored on this device. It is shown when there is a connection."
    />
  )
}
