/** The causal graph as a table: all that the drawing shows, in words. */
import { Anchor, Table, Text } from '@mantine/core'
import { Link } from 'wouter'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { KINDS } from './causal-graph.tsx'
import { Hashes } from './change-details.tsx'
import type { CausalChange } from './inspection.ts'

export const GraphTable = ({ changes }: { readonly changes: readonly CausalChange[] }) => (
  <ScrollTable label="Changes, with what they build on" minWidth={760}>
    <Table.Thead>
      <Table.Tr>
        {['Change', 'Author', 'Builds on', 'What became of it', 'Conflicts', 'Received'].map((name) => (
          <Table.Th key={name}>{name}</Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {changes.map((change) => (
        <Table.Tr key={change.hash}>
          <Table.Td>
            <Hashes hashes={[change.hash]} />
          </Table.Td>
          <Table.Td dir="auto" maw={200} style={{ overflowWrap: 'anywhere' }}>
            {change.author}
          </Table.Td>
          <Table.Td>
            <Hashes hashes={change.builds} />
          </Table.Td>
          <Table.Td>
            {change.outcomes.length === 0 ? (
              <Text span size="sm" c="dimmed">
                {KINDS[change.kind]}
              </Text>
            ) : (
              change.outcomes.map(({ field, outcome }) => (
                <StatusBadge key={field} status={outcome} label={`${field} ${outcome}`} />
              ))
            )}
          </Table.Td>
          <Table.Td>
            {change.conflicts.map((id) => (
              <Anchor key={id} component={Link} href={`/inbox/${id}`} size="sm">
                {id.slice(0, 8)}
              </Anchor>
            ))}
          </Table.Td>
          <Table.Td>
            <RelativeTime at={change.receivedAt} />
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </ScrollTable>
)
