/** The sessions of the tenant, a page at a time. */
import { Button, Group, Skeleton, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { formatBytes, formatCount } from '../../components/figures.ts'
import { LoadError } from '../../components/load-error.tsx'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useRefreshed } from '../../hooks/use-refreshed.ts'
import { useConsole } from '../../session/console-context.ts'
import type { OpenSession } from './operations-answer.ts'

const PAGE = 20

interface SessionPage {
  readonly items: readonly OpenSession[]
  readonly next: string | null
}

export function SessionsTable({ everyMs, count }: { readonly everyMs: number; readonly count: number }) {
  const { rest } = useConsole()
  /** Where the pages before this one started. */
  const [cursors, setCursors] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  const path = `/v1/operations/sessions?limit=${PAGE}${cursor === undefined ? '' : `&cursor=${cursor}`}`
  const { body, error } = useRefreshed(rest, path, everyMs)
  // The server's own answer.
  const page = (body ?? null) as SessionPage | null
  return (
    <Panel
      title="Open sessions"
      aside={<Text size="sm" c="dimmed">{`${formatCount(count)} of your tenant`}</Text>}
    >
      {page === null ? (
        error === null ? (
          <Skeleton height={120} m="sm" width="auto" />
        ) : (
          <LoadError error={error} />
        )
      ) : page.items.length === 0 && cursor === undefined ? (
        <PanelNote>Nobody is connected.</PanelNote>
      ) : (
        <Rows items={page.items} />
      )}
      {page === null || (page.next === null && cursors.length === 0) ? null : (
        <Group justify="space-between" p="xs">
          <Button
            size="xs"
            variant="default"
            disabled={cursors.length === 0}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            Earlier
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={page.next === null}
            onClick={() => setCursors([...cursors, ...(page.next === null ? [] : [page.next])])}
          >
            Later
          </Button>
        </Group>
      )}
    </Panel>
  )
}

const Rows = ({ items }: { readonly items: readonly OpenSession[] }) => (
  <ScrollTable label="The open sessions" minWidth={560}>
    <Table.Thead>
      <Table.Tr>
        {['Subject', 'Device', 'Door', 'Since'].map((name) => (
          <Table.Th key={name}>{name}</Table.Th>
        ))}
        <Table.Th ta="end">Records</Table.Th>
        <Table.Th ta="end">Bytes waiting</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {items.map(({ session, subject, device, door, since, records, waitingBytes }) => (
        <Table.Tr key={session}>
          <Table.Td dir="auto" maw={260} style={{ overflowWrap: 'anywhere' }}>
            {subject}
          </Table.Td>
          <Table.Td dir="auto">{device ?? '–'}</Table.Td>
          <Table.Td>{door}</Table.Td>
          <Table.Td>
            <RelativeTime at={since} />
          </Table.Td>
          <Table.Td ta="end">{formatCount(records)}</Table.Td>
          <Table.Td ta="end">{formatBytes(waitingBytes)}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </ScrollTable>
)
