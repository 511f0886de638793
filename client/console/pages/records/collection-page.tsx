/** The records of a collection: which ones, in which order, and how to get to one. */
import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useSearch } from 'wouter/use-browser-location'
import { isRecordId } from '../../../../shared/record/record-id.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { Page } from '../../components/page.tsx'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import { recordAddress } from '../../session/record-address.ts'
import { NewRecord } from './new-record.tsx'
import { RecordFilter } from './record-filter.tsx'
import { RecordList } from './record-list.tsx'
import type { RecordsView } from './records-view.ts'
import { readView, viewAddress } from './records-view.ts'

export function CollectionPage({ collection }: { readonly collection: CollectionSpec }) {
  const [, navigate] = useLocation()
  const [isCreating, setCreating] = useState(false)
  const view = readView(collection, useSearch())
  const show = (next: RecordsView): void => navigate(viewAddress(collection.name, next), { replace: true })
  const open = (id: string): void => navigate(recordAddress('records', collection.name, id))
  useKeys('Records', [{ keys: 'n', label: 'New record', run: () => setCreating(true) }])
  return (
    <Page
      title="Records"
      lead="What stands in a collection now. Open one to edit it, and to see what it was."
      actions={
        <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setCreating(true)}>
          New record
        </Button>
      }
    >
      <Group gap="xs" mb="sm" align="flex-end">
        <CollectionChoice name={collection.name} />
        <RecordFilter
          key={JSON.stringify(view.filter)}
          collection={collection}
          filter={view.filter}
          onFilter={(filter) => show({ ...view, filter })}
        />
        <OpenById onOpen={open} />
      </Group>
      <RecordList
        key={JSON.stringify(view)}
        collection={collection}
        view={view}
        onOrder={(orderBy) => show({ ...view, orderBy })}
      />
      <NewRecord
        collection={collection}
        isOpen={isCreating}
        onClose={() => setCreating(false)}
        onCreated={open}
      />
    </Page>
  )
}

function CollectionChoice({ name }: { readonly name: string }) {
  const { schema } = useConsole()
  const [, navigate] = useLocation()
  return (
    <NativeSelect
      size="xs"
      label="Collection"
      data={[...schema.keys()]}
      value={name}
      onChange={(event) => navigate(recordAddress('records', event.currentTarget.value, null))}
    />
  )
}

function OpenById({ onOpen }: { readonly onOpen: (id: string) => void }) {
  const [id, setId] = useState('')
  const isPossible = isRecordId(id.trim())
  const open = (event: FormEvent): void => {
    event.preventDefault()
    if (isPossible) onOpen(id.trim())
  }
  return (
    <form onSubmit={open}>
      <Group gap={6} align="flex-end" wrap="nowrap">
        <TextInput
          size="xs"
          w={140}
          label="Record"
          placeholder="Its id"
          dir="auto"
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <Button type="submit" size="xs" variant="default" disabled={!isPossible}>
          Open
        </Button>
      </Group>
    </form>
  )
}
