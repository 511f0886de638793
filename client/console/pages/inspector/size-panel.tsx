/** What the record takes, by cause: for each of its documents and its text. */
import { Button, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { formatBytes, formatCount, plural } from '../../components/figures.ts'
import { LoadError } from '../../components/load-error.tsx'
import { Panel } from '../../components/panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useAnswer } from '../../hooks/use-answer.ts'
import { useConsole } from '../../session/console-context.ts'
import type { DocumentSize, Inspection } from './inspection.ts'
import classes from './size-panel.module.css'

interface MeasuredLane {
  readonly name: string
  readonly size: DocumentSize
  readonly entries: number
  readonly journalBytes: number
  readonly snapshotBytes: number | null
}

export function SizePanel({ path }: { readonly path: string }) {
  const { rest } = useConsole()
  const [measured, setMeasured] = useState(() => ({ at: new Date().toISOString(), times: 0 }))
  const { body, error, retry } = useAnswer(rest, `${path}/inspection`, measured.times)
  // The server's own answer.
  const lanes = body === undefined ? null : lanesOf(body as unknown as Inspection)
  return (
    <Panel
      title="Size by cause"
      aside={
        <Text size="xs" c="dimmed" component="div">
          measured <RelativeTime at={measured.at} />{' '}
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setMeasured(({ times }) => ({ at: new Date().toISOString(), times: times + 1 }))}
          >
            Measure again
          </Button>
        </Text>
      }
    >
      {lanes === null ? (
        error === null ? (
          <Skeleton height={120} m="sm" width="auto" />
        ) : (
          <LoadError error={error} onRetry={retry} />
        )
      ) : (
        <SizeTable lanes={lanes} />
      )}
    </Panel>
  )
}

function lanesOf({ documents, text }: Inspection): readonly MeasuredLane[] {
  const all = [
    ...documents.map((document) => ({ ...document, name: document.document })),
    ...(text === null ? [] : [{ ...text, name: `text (${text.fields.join(', ')})` }]),
  ]
  return all.flatMap(({ name, size, entries, journalBytes, snapshotBytes }) =>
    size === null ? [] : [{ name, size, entries, journalBytes, snapshotBytes }],
  )
}

const SizeTable = ({ lanes }: { readonly lanes: readonly MeasuredLane[] }) => {
  const most = Math.max(1, ...lanes.map(({ size }) => size.bytes))
  return (
    <>
      <ScrollTable label="Sizes by document" minWidth={620}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Document</Table.Th>
            {['Content', 'History', 'Tombstones', 'In all', 'Journal', 'Snapshot'].map((name) => (
              <Table.Th key={name} ta="end">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lanes.map((lane) => (
            <SizeRow key={lane.name} lane={lane} most={most} />
          ))}
        </Table.Tbody>
      </ScrollTable>
      <Stack gap={2} px="sm" pb="sm">
        <Text size="xs" c="dimmed">
          <Swatch part="content" /> what is visible <Swatch part="history" /> who wrote it, after what and
          when <Swatch part="tombstones" /> what is left of deleted text. Automerge packs replaced values with
          the history. Journal and snapshot are what the store keeps.
        </Text>
      </Stack>
    </>
  )
}

const Swatch = ({ part }: { readonly part: string }) => <span className={classes.swatch} data-part={part} />

function SizeRow({ lane, most }: { readonly lane: MeasuredLane; readonly most: number }) {
  const { name, size, entries, journalBytes, snapshotBytes } = lane
  const { content, history, tombstones, bytes, gone } = size
  const parts = { content, history, tombstones: tombstones ?? 0 }
  return (
    <Table.Tr>
      <Table.Td miw={160}>
        <Text size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
        <svg className={classes.bar} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          {barsOf(parts, most).map(({ part, x, width }) => (
            <rect key={part} x={x} width={width} height={6} data-part={part} />
          ))}
        </svg>
      </Table.Td>
      <Table.Td ta="end">{formatBytes(content)}</Table.Td>
      <Table.Td ta="end">{formatBytes(history)}</Table.Td>
      <Table.Td ta="end">
        {tombstones === null ? '' : formatBytes(tombstones)}
        <Text size="xs" c="dimmed">
          {tombstones === null ? `${plural(gone, 'operation')} replaced` : `${formatCount(gone)} deleted`}
        </Text>
      </Table.Td>
      <Table.Td ta="end">{formatBytes(bytes)}</Table.Td>
      <Table.Td ta="end">
        {formatBytes(journalBytes)}
        <Text size="xs" c="dimmed">
          {plural(entries, 'entry', 'entries')}
        </Text>
      </Table.Td>
      <Table.Td ta="end">{snapshotBytes === null ? 'none' : formatBytes(snapshotBytes)}</Table.Td>
    </Table.Tr>
  )
}

/** Side by side, in percent of the largest document. */
function barsOf(parts: Readonly<Record<string, number>>, most: number) {
  let x = 0
  return Object.entries(parts).map(([part, bytes]) => {
    const bar = { part, x, width: (bytes / most) * 100 }
    x += bar.width
    return bar
  })
}
