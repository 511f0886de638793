/** Who has the record open, how far its text lags, and what waits for a decision. */
import { Anchor, Group, Stack, Table, Text } from '@mantine/core'
import { Link } from 'wouter'
import { formatCount, plural } from '../../components/figures.ts'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import type { InspectedText, Inspection, OpenConflict, RoomSession } from './inspection.ts'

export const SessionsPanel = ({ sessions }: { readonly sessions: readonly RoomSession[] }) => (
  <Panel
    title="Sessions in the room"
    aside={
      <Text size="sm" c="dimmed">
        {formatCount(sessions.length)}
      </Text>
    }
  >
    {sessions.length === 0 ? (
      <PanelNote>Nobody has the record open.</PanelNote>
    ) : (
      <ScrollTable label="Who has the record open" minWidth={300} maxHeight={260} verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            {['Subject', 'Device', 'Door', 'Has open', 'Since'].map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sessions.map(({ session, subject, device, door, since, lanes }) => (
            <Table.Tr key={session}>
              <Table.Td dir="auto" style={{ overflowWrap: 'anywhere' }}>
                {subject}
              </Table.Td>
              <Table.Td dir="auto">{device ?? '–'}</Table.Td>
              <Table.Td>{door}</Table.Td>
              <Table.Td>{lanes.join(', ')}</Table.Td>
              <Table.Td>
                <RelativeTime at={since} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    )}
  </Panel>
)

export const StatePanel = ({ inspection }: { readonly inspection: Inspection }) => (
  <Panel title="Projection and conflicts">
    <Stack gap="xs" p="sm">
      <Text size="sm">{lagOf(inspection.text)}</Text>
      {inspection.conflicts.length === 0 ? (
        <Text size="sm" c="dimmed">
          No field is disputed.
        </Text>
      ) : (
        inspection.conflicts.map((conflict) => <ConflictLine key={conflict.id} conflict={conflict} />)
      )}
    </Stack>
  </Panel>
)

function lagOf(text: InspectedText | null): string {
  if (text === null) return 'The row is as new as the record: fields never lag.'
  const lag = text.version - text.projectedVersion
  return lag === 0
    ? 'The row and its text columns are as new as the record.'
    : `The text columns lag by ${plural(lag, 'update')}; fields never do.`
}

const ConflictLine = ({ conflict }: { readonly conflict: OpenConflict }) => (
  <Group gap="xs" wrap="wrap">
    <StatusBadge status={conflict.state} />
    <Anchor component={Link} href={`/inbox/${conflict.id}`} size="sm" dir="auto">
      {conflict.fields.join(', ')}
    </Anchor>
    <Text size="xs" c="dimmed">
      {conflict.kind}, <RelativeTime at={conflict.openedAt} />
      {conflict.assignee === null ? '' : `, with ${conflict.assignee}`}
    </Text>
  </Group>
)
