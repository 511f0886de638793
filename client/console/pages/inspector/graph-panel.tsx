/** The causal graph of one of the record's documents: drawn, or as a table. */
import { Group, NativeSelect, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { PagedPanel } from '../../components/paged-panel.tsx'
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
  const pages = usePages<CausalChange>(rest, query, revision)
  return (
    <PagedPanel
      title="What was written after what"
      pages={pages}
      heightPx={220}
      emptyText="Nothing has been written to this document."
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
      {(changes) => (form === 'graph' ? <CausalGraph changes={changes} /> : <GraphTable changes={changes} />)}
    </PagedPanel>
  )
}
