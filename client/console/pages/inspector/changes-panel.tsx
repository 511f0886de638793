/** What became of the last writes, and why. */
import { Code, Table, Text } from '@mantine/core'
import { PagedPanel } from '../../components/paged-panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { usePages } from '../../hooks/use-pages.ts'
import { useConsole } from '../../session/console-context.ts'
import type { HistoryLine } from './inspection.ts'

const PAGE = 15

export function ChangesPanel({ path, revision }: { readonly path: string; readonly revision: string }) {
  const { rest } = useConsole()
  const pages = usePages<HistoryLine>(rest, `${path}/history?limit=${PAGE}`, revision)
  return (
    <PagedPanel title="Recent changes" pages={pages} heightPx={160} emptyText="No field has been written.">
      {(lines) => <ChangesTable lines={lines} />}
    </PagedPanel>
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
