/** What the server made of it, beneath the panes: the table, the REST answer, and the change log, as it happens. */
import { Code, Group, Paper, ScrollArea, Skeleton, Table, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import { isJsonObject } from '../../../../shared/json.ts'
import { EditView } from '../../components/edit-view.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { ValueView } from '../../components/value-view.tsx'
import { useAnswer } from '../../hooks/use-answer.ts'
import type { ChangeFeed, LoggedChange } from '../../hooks/use-change-feed.ts'
import { useConsole } from '../../session/console-context.ts'
import classes from './evidence.module.css'
import { COLLECTION, RECORD_ID } from './scene.ts'

/** A text reaches the tables a moment after it was accepted. */
const TEXT_LAG_MS = 900

/** @returns a number that grows when there is something new to read. */
function useRevision(feed: ChangeFeed, version: string | null): string {
  const position = feed.lines?.[0]?.position ?? 0
  const [seen, setSeen] = useState('')
  const revision = `${position} ${version} ${feed.isLive}`
  useEffect(() => {
    const timer = setTimeout(() => setSeen(revision), TEXT_LAG_MS)
    return () => clearTimeout(timer)
  }, [revision])
  return `${revision} ${seen === revision}`
}

export interface EvidenceProps {
  readonly feed: ChangeFeed
  /** Of the record, as the server has confirmed it last. */
  readonly version: string | null
}

export function Evidence({ feed, version }: EvidenceProps) {
  const revision = useRevision(feed, version)
  return (
    <div className={classes.grid}>
      <SqlRows revision={revision} />
      <RestAnswer revision={revision} />
      <ChangeLog feed={feed} />
    </div>
  )
}

interface PanelProps {
  readonly title: string
  readonly source: string
  readonly area: string
  readonly children: ReactNode
}

const Panel = ({ title, source, area, children }: PanelProps) => (
  <Paper withBorder component="section" aria-label={title} className={classes.panel ?? ''} data-area={area}>
    <Group justify="space-between" gap="xs" className={classes.panelHead ?? ''}>
      <Text fw={600} size="sm" component="h2">
        {title}
      </Text>
      <Code>{source}</Code>
    </Group>
    {children}
  </Paper>
)

const COLUMNS = ['name', 'diagnosis', 'visits', 'heartRate'] as const

function SqlRows({ revision }: { readonly revision: string }) {
  const { rest } = useConsole()
  const { body, error } = useAnswer(rest, `/v1/records/${COLLECTION}?limit=5`, revision)
  const rows = isJsonObject(body ?? null) ? ((body as JsonObject).items as readonly JsonObject[]) : null
  return (
    <Panel title="SQL rows" source="SELECT id, name, diagnosis, … FROM patients" area="sql">
      {rows === null ? (
        <Waiting error={error} />
      ) : (
        <Table.ScrollContainer minWidth={420} tabIndex={0}>
          <Table verticalSpacing={6} horizontalSpacing="sm" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                {['id', 'name', 'diagnosis', 'diagnosis_disputed', 'visits', 'heart_rate'].map((column) => (
                  <Table.Th key={column}>
                    <Code bg="transparent" px={0}>
                      {column}
                    </Code>
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <SqlRow key={String(row.id)} row={row} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  )
}

function SqlRow({ row }: { readonly row: JsonObject }) {
  const fields = isJsonObject(row.fields ?? null) ? (row.fields as JsonObject) : {}
  const disputed = isJsonObject(row.disputed ?? null) ? (row.disputed as JsonObject) : {}
  const isDisputed = 'diagnosis' in disputed
  const [name, diagnosis, ...others] = COLUMNS
  return (
    <Table.Tr data-scene={row.id === RECORD_ID} className={classes.row ?? ''}>
      <Table.Td>
        <Code bg="transparent" px={0}>
          {String(row.id)}
        </Code>
      </Table.Td>
      <Table.Td>
        <ValueView value={fields[name]} isCompact />
      </Table.Td>
      <Table.Td data-disputed={isDisputed} className={classes.cell ?? ''}>
        <ValueView value={fields[diagnosis]} isCompact />
      </Table.Td>
      <Table.Td data-disputed={isDisputed} className={classes.cell ?? ''}>
        {isDisputed ? <StatusBadge status="disputed" label="1" /> : <Text size="sm">0</Text>}
      </Table.Td>
      {others.map((field) => (
        <Table.Td key={field}>
          <ValueView value={fields[field]} isCompact />
        </Table.Td>
      ))}
    </Table.Tr>
  )
}

function RestAnswer({ revision }: { readonly revision: string }) {
  const { rest } = useConsole()
  const path = `/v1/records/${COLLECTION}/${RECORD_ID}`
  const { body, error } = useAnswer(rest, path, revision)
  return (
    <Panel title="REST" source={`GET ${path}`} area="rest">
      {body === undefined ? (
        <Waiting error={error} />
      ) : (
        <ScrollArea.Autosize mah={420} viewportProps={{ tabIndex: 0 }}>
          <pre className={classes.json}>{JSON.stringify(shortened(body), null, 2)}</pre>
        </ScrollArea.Autosize>
      )}
    </Panel>
  )
}

/** Opaque tokens are cut: nobody reads them. */
function shortened(body: Json): Json {
  if (!isJsonObject(body)) return body
  const cut = (value: Json | undefined): Json =>
    typeof value === 'string' && value.length > 24 ? `${value.slice(0, 20)}…` : (value ?? null)
  return { ...body, version: cut(body.version), automergeUrl: cut(body.automergeUrl) }
}

function ChangeLog({ feed: { lines, isLive, error } }: { readonly feed: ChangeFeed }) {
  return (
    <Panel title="Change log" source={isLive ? 'GET /v1/changes, live' : 'reconnecting …'} area="log">
      {lines === null ? (
        <Waiting error={error} />
      ) : (
        <Table.ScrollContainer minWidth={420} mah={320} tabIndex={0}>
          <Table verticalSpacing={5} horizontalSpacing="sm">
            <Table.Tbody>
              {lines.map((line) => (
                <Table.Tr key={`${line.position} ${line.outcome}`}>
                  <Table.Td>
                    <Text size="sm">{line.author}</Text>
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm" fw={500}>
                      {line.field}
                    </Text>
                  </Table.Td>
                  <Table.Td maw={220}>
                    <LoggedValue line={line} />
                  </Table.Td>
                  <Table.Td>
                    <StatusBadge status={line.outcome} />
                  </Table.Td>
                  <Table.Td>
                    <Text size="xs" c="dimmed">
                      <RelativeTime at={line.receivedAt} />
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  )
}

function LoggedValue({ line: { operation, oldValue, newValue } }: { readonly line: LoggedChange }) {
  if (operation === 'increment' && typeof newValue === 'number')
    return (
      <Text size="sm" className="tabular">
        {newValue > 0 ? `+${newValue}` : newValue}
      </Text>
    )
  if (operation === 'edit') return <EditView removed={oldValue} added={newValue} isCompact />
  return <ValueView value={newValue} isCompact />
}

const Waiting = ({ error }: { readonly error: unknown }) =>
  error === null ? <Skeleton height={120} m="sm" /> : <LoadError error={error} />
