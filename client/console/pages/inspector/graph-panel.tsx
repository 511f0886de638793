/** The causal graph of one of the record's documents: drawn, or as a table. */
import { Button, Group, NativeSelect, SegmentedControl, Skeleton } from '@mantine/core'
import { useState } from 'react'
import { LoadError } from '../../components/load-error.tsx'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { usePages } from '../../hooks/use-pages.ts'
import { useConsole } from '../../session/console-context.ts'
import { CausalGraph } from './causal-graph.tsx'
import { GraphTable } from './graph-table.tsx'
import type { CausalChange } from './inspection.ts'

const PAGE = 25

export interface GraphPanelProps {
  /** Of the record, in the API. */
  readonly path: string
  readonly documents: readonly string[]
  /** Changes when there may be something new. */
  readonly revision: string
}

export function GraphPanel({ path, documents, revision }: GraphPanelProps) {
  const { rest } = useConsole()
  const [form, setForm] = useState<'graph' | 'table'>('graph')
  const [document, setDocument] = useState('fields')
  const query = `${path}/graph?document=${encodeURIComponent(document)}&limit=${PAGE}`
  const { items, error, more } = usePages<CausalChange>(rest, query, revision)
  return (
    <Panel
      title="What was written after what"
      aside={
        <Group gap="xs">
          {documents.length < 2 ? null : (
            <NativeSelect
              size="xs"
              aria-label="Document"
              data={[...documents]}
              value={document}
              onChange={(event) => setDocument(event.currentTarget.value)}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="How it is shown"
            value={form}
            onChange={(value) => setForm(value === 'table' ? 'table' : 'graph')}
            data={[
              { value: 'graph', label: 'Graph' },
              { value: 'table', label: 'Table' },
            ]}
          />
        </Group>
      }
    >
      {items === null ? (
        error === null ? (
          <Skeleton height={220} m="sm" width="auto" />
        ) : (
          <LoadError error={error} />
        )
      ) : items.length === 0 ? (
        <PanelNote>Nothing has been written to this document.</PanelNote>
      ) : form === 'graph' ? (
        <CausalGraph changes={items} />
      ) : (
        <GraphTable changes={items} />
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
