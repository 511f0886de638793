/** One record: its fields, its history and its texts. */
import { Button, Group, Skeleton, Stack, Tabs } from '@mantine/core'
import { IconCloudOff, IconEraser, IconLock, IconZoomQuestion } from '@tabler/icons-react'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useSearch } from 'wouter/use-browser-location'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ShownRecord } from '../../../react/index.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Page } from '../../components/page.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useRecord } from '../../hooks/sluice-hooks.ts'
import { useIsConnecting } from '../../hooks/use-is-connecting.ts'
import { recordAddress } from '../../session/record-address.ts'
import { DeleteRecord } from './delete-record.tsx'
import { EditPanel } from './edit-panel.tsx'
import { HistoryTab } from './history-tab.tsx'
import { NewRecord } from './new-record.tsx'
import { OwnChanges } from './own-changes.tsx'
import { TextsTab } from './texts-tab.tsx'
import { useOwnActions } from './use-own-actions.ts'
import { useRecordEdit } from './use-record-edit.ts'

export interface RecordPageProps {
  readonly collection: CollectionSpec
  readonly id: string
}

export function RecordPage({ collection, id }: RecordPageProps) {
  const record = useRecord(collection.name, id)
  const { status } = record
  return (
    <Page
      title={`${collection.name}/${id}`}
      lead="What is in force now, what it was, and who has written it."
      actions={
        <>
          {status === 'deleted' ? <StatusBadge status="dismissed" label="deleted" /> : null}
          {!record.isCurrent && status !== 'unknown' ? (
            <StatusBadge status="offline" label="as told last" />
          ) : null}
          <Button
            component={Link}
            href={recordAddress('records', collection.name, null)}
            variant="default"
            size="xs"
          >
            All of {collection.name}
          </Button>
          <Button
            component={Link}
            href={recordAddress('inspect', collection.name, id)}
            variant="default"
            size="xs"
          >
            Inspect
          </Button>
        </>
      }
    >
      {status === 'live' || status === 'deleted' ? (
        <KnownRecord collection={collection} id={id} record={record} />
      ) : (
        <AbsentRecord collection={collection} id={id} record={record} />
      )}
    </Page>
  )
}

interface ShownProps extends RecordPageProps {
  readonly record: ShownRecord<Fields>
}

const TABS = ['fields', 'history', 'texts'] as const

function KnownRecord({ collection, id, record }: ShownProps) {
  const [, navigate] = useLocation()
  const wanted = new URLSearchParams(useSearch()).get('tab')
  const tab = TABS.find((name) => name === wanted) ?? (record.status === 'deleted' ? 'history' : 'fields')
  const address = recordAddress('records', collection.name, id)
  const own = useOwnActions()
  // Kept while another tab is shown.
  const edit = useRecordEdit(collection, record.handle)
  return (
    <Stack gap="sm">
      <OwnChanges changes={record.changes} handle={record.handle} own={own} />
      <Tabs
        value={tab}
        onChange={(next) => navigate(`${address}?tab=${next}`, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="sm">
          <Tabs.Tab value="fields" disabled={record.status === 'deleted'}>
            Fields
          </Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
          {collection.texts.length === 0 ? null : (
            <Tabs.Tab value="texts" disabled={record.status === 'deleted'}>
              Texts
            </Tabs.Tab>
          )}
        </Tabs.List>
        <Tabs.Panel value="fields">
          <Stack gap="sm">
            <EditPanel collection={collection} record={record} edit={edit} own={own} />
            <DeleteRecord record={record} own={own} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <HistoryTab collection={collection} id={id} record={record} own={own} />
        </Tabs.Panel>
        <Tabs.Panel value="texts">
          <TextsTab collection={collection} id={id} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}

/** Why there is nothing to show, and what to do. */
function AbsentRecord({ collection, id, record }: ShownProps) {
  const isConnecting = useIsConnecting()
  const own = useOwnActions()
  const [isCreating, setCreating] = useState(false)
  const { status, refusal, mayDelete } = record
  if (refusal !== null)
    return (
      <div role="alert">
        <EmptyState title="You may not see this" icon={IconLock} text={`${refusal.message}.`} />
      </div>
    )
  if (status === 'erased')
    return (
      <EmptyState
        title="It has been erased"
        icon={IconEraser}
        text="Nothing of what it held is left, on the server or here."
      />
    )
  if (status === 'unknown')
    return isConnecting ? (
      <Skeleton height={260} aria-label="Loading" />
    ) : (
      <EmptyState
        title="Offline"
        icon={IconCloudOff}
        text="Nothing of this record is stored on this device. It is shown when there is a connection."
      />
    )
  return (
    <>
      <OwnChanges changes={record.changes} handle={record.handle} own={own} />
      <EmptyState
        title="There is no such record"
        icon={IconZoomQuestion}
        text="Nobody has written it, or you may not read it."
        action={
          mayDelete ? (
            <Group mt="xs">
              <Button size="xs" onClick={() => setCreating(true)}>
                Create it
              </Button>
            </Group>
          ) : null
        }
      />
      <NewRecord
        collection={collection}
        id={id}
        isOpen={isCreating}
        onClose={() => setCreating(false)}
        onCreated={() => setCreating(false)}
      />
    </>
  )
}
