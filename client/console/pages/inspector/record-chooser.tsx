/** Which record to look into: by its collection and id, or one of the first of a collection. */
import { Anchor, Button, Group, NativeSelect, Paper, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { EmptyState } from '../../components/empty-state.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { PanelNote } from '../../components/panel.tsx'
import { usePages } from '../../hooks/use-pages.ts'
import { useConsole } from '../../session/console-context.ts'
import { recordAddress } from '../../session/record-address.ts'

const LISTED = 20

export function RecordChooser() {
  const { schema } = useConsole()
  const [, navigate] = useLocation()
  const collections = [...schema.keys()]
  const [collection, setCollection] = useState(collections[0] ?? '')
  const [id, setId] = useState('')
  if (collections.length === 0)
    return (
      <EmptyState title="There is nothing to look into" text="You may read no collection of this server." />
    )
  const open = (event: FormEvent): void => {
    event.preventDefault()
    if (id.trim() !== '') navigate(recordAddress('inspect', collection, id.trim()))
  }
  return (
    <Stack gap="md" maw={560}>
      <form onSubmit={open}>
        <Group align="flex-end" gap="xs">
          <NativeSelect
            label="Collection"
            data={collections}
            value={collection}
            onChange={(event) => setCollection(event.currentTarget.value)}
          />
          <TextInput
            label="Record"
            placeholder="Its id"
            dir="auto"
            value={id}
            onChange={(event) => setId(event.currentTarget.value)}
            style={{ flex: '1 1 10rem' }}
          />
          <Button type="submit" disabled={id.trim() === ''}>
            Look
          </Button>
        </Group>
      </form>
      <FirstRecords key={collection} collection={collection} />
    </Stack>
  )
}

function FirstRecords({ collection }: { readonly collection: string }) {
  const { rest } = useConsole()
  const path = `/v1/records/${encodeURIComponent(collection)}?limit=${LISTED}`
  const { items, error, more, retry } = usePages<{ readonly id: string }>(rest, path, collection)
  if (items === null)
    return error === null ? <Skeleton height={120} /> : <LoadError error={error} onRetry={retry} />
  return (
    <Paper withBorder p="xs">
      {items.length === 0 ? <PanelNote>The collection has no records.</PanelNote> : null}
      <Group gap="xs">
        {items.map(({ id }) => (
          <Anchor
            key={id}
            component={Link}
            href={recordAddress('inspect', collection, id)}
            size="sm"
            dir="auto"
          >
            <Text span style={{ overflowWrap: 'anywhere' }}>
              {id}
            </Text>
          </Anchor>
        ))}
      </Group>
      {more === null ? null : (
        <Button size="compact-xs" variant="default" mt="xs" onClick={more}>
          More
        </Button>
      )}
    </Paper>
  )
}
