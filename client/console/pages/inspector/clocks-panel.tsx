/** What each author has written of a document, by clock, and what stands at its end. */
import { Code, Group, Stack, Table, Text } from '@mantine/core'
import { formatCount, plural } from '../../components/figures.ts'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import type { Inspection } from './inspection.ts'

interface ClockRow {
  readonly author: string
  readonly subject: string | null
  readonly clock: number
}

/** Ids of the server's own actors begin so. */
const SERVER_PREFIX = '736c75696365'

export const ClocksPanel = ({ inspection }: { readonly inspection: Inspection }) => {
  const { documents, text } = inspection
  return (
    <Panel title="Heads and clocks">
      <Stack gap="sm" py="xs">
        {documents.map(({ document, heads, changes, clocks, clocksLeftOut }) => (
          <div key={document}>
            <Text size="sm" px="sm" component="h3" fw={600}>
              {document}: {plural(changes, 'change')}, {plural(heads.length, 'head')}
            </Text>
            <Group gap={6} px="sm" mt={2}>
              {heads.map((head) => (
                <Code key={head} title={head} style={{ overflowWrap: 'anywhere' }}>
                  {head.slice(0, 16)}…
                </Code>
              ))}
            </Group>
            <Clocks
              label={`Clocks of ${document}`}
              names={['Actor', 'Subject', 'Changes']}
              leftOut={clocksLeftOut}
              rows={clocks.map(({ actor, subject, seq }) => ({ author: actor, subject, clock: seq }))}
            />
          </div>
        ))}
        {text === null ? null : (
          <div>
            <Text size="sm" px="sm" component="h3" fw={600}>
              text: version {formatCount(text.version)}, state vector
            </Text>
            <Clocks
              label="State vector of the text"
              names={['Client', 'Subject', 'Clock']}
              leftOut={text.clocksLeftOut}
              rows={text.clocks.map(({ client, subject, clock }) => ({
                author: String(client),
                subject,
                clock,
              }))}
            />
          </div>
        )}
      </Stack>
    </Panel>
  )
}

/** Those of the server begin alike. */
const shortId = (id: string): string => (id.length > 16 ? `${id.slice(0, 4)}…${id.slice(-8)}` : id)

interface ClocksProps {
  readonly label: string
  readonly names: readonly [string, string, string]
  readonly rows: readonly ClockRow[]
  readonly leftOut: number
}

function Clocks({ label, names: [author, subject, clock], rows, leftOut }: ClocksProps) {
  if (rows.length === 0) return <PanelNote>Nobody has written.</PanelNote>
  return (
    <>
      <ScrollTable label={label} minWidth={300} maxHeight={260} verticalSpacing={3}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{author}</Table.Th>
            <Table.Th>{subject}</Table.Th>
            <Table.Th ta="end">{clock}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.author}>
              <Table.Td>
                <Code title={row.author}>{shortId(row.author)}</Code>
              </Table.Td>
              <Table.Td dir="auto" style={{ overflowWrap: 'anywhere' }}>
                {row.subject ?? (
                  <Text span size="sm" c="dimmed">
                    {row.author.startsWith(SERVER_PREFIX) ? 'the server' : 'nobody'}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="end">{formatCount(row.clock)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      {leftOut === 0 ? null : <PanelNote>{plural(leftOut, 'more author')} with smaller clocks.</PanelNote>}
    </>
  )
}
