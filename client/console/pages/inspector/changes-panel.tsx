/** What became of the last writes, and why. */
import { Button, Code, Group, Skeleton, Table, Text } from '@mantine/core'
import { LoadError } from '../../components/load-error.tsx'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { usePages } from '../../hooks/use-pages.ts'
import { useConsole } from '../../session/console-context.ts'
import type { HistoryLine } from './inspection.ts'

const PAGE = 15

export function ChangesPanel({ path, revision }: { readonly path: string; readonly revision: string }) {
  const { rest } = useConsole()
  const { items, error, more } = usePages<HistoryLine>(rest, `${path}/history?limit=${PAGE}`, revision)
  return (
    <Panel title="Recent changes">
      {items === null ? (
        error === null ? (
          <Skeleton height={160} m="sm" width="auto" />
        ) : (
          <LoadError error={error} />
        )
      ) : items.length === 0 ? (
        <PanelNote>No field has been written.</PanelNote>
      ) : (
        <ChangesTable lines={items} />
      )}
      {more === null ? null : (
        <Group p="xs">
          <Button size="xs" variant="default" onClick={more}>
            Show earlier ones
          </Button>
        </Group>
      )}
    </Panel>
  )
}

const ChangesTable = ({ lines }: { readonly lines: readonly HistoryLine[] }) => (
  <ScrollTable label="What became of the last writes" minWidth={620} verticalSpacing={5}>
    <Table.Thead>
      <Table.Tr>
        {['When', 'Who', 'Field', 'Verdict', 'Why'].map((name) => (
          <Table.Th key={name}>{name}</Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {lines.map(({ position, receivedAt, author, door, field, operation, outcome, reason, code }) => (
        <Table.Tr key={position}>
          <Table.Td>
            <RelativeTime at={receivedAt} />
          </Table.Td>
          <Table.Td dir="auto" maw={200} style={{ overflowWrap: 'anywhere' }}>
            {author}{' '}
            <Text span size="xs" c="dimmed">
              {door}
            </Text>
          </Table.Td>
          <Table.Td>
            <Code>{field}</Code>{' '}
            <Text span size="xs" c="dimmed">
              {operation}
            </Text>
          </Table.Td>
          <Table.Td>
            <StatusBadge status={outcome} />
          </Table.Td>
          <Table.Td dir="auto" maw={280} style={{ overflowWrap: 'anywhere' }}>
            {reason ?? ''} {code === null ? null : <Code>{code}</Code>}
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </ScrollTable>
)
