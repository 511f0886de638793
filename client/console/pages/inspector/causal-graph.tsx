/**
 * What was written after what, as a drawing with a row of words for each change: one stop for the Tab key, and arrow
 * keys within. Sides of a conflict are marked.
 */
import { Text, VisuallyHidden } from '@mantine/core'
import type { KeyboardEvent } from 'react'
import { useMemo, useRef, useState } from 'react'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import classes from './causal-graph.module.css'
import { ChangeDetails } from './change-details.tsx'
import { drawingWidth, GraphDrawing } from './graph-drawing.tsx'
import { layOut } from './graph-layout.ts'
import type { CausalChange } from './inspection.ts'

const VERDICTS_SHOWN = 3

export function CausalGraph({ changes }: { readonly changes: readonly CausalChange[] }) {
  const layout = useMemo(() => layOut(changes), [changes])
  const [selected, setSelected] = useState<string | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const chosen = changes.find(({ hash }) => hash === selected)
  const stop = chosen?.hash ?? changes[0]?.hash

  const move = (event: KeyboardEvent, row: number): void => {
    const target = targetOf(event.key, row, changes.length)
    if (target === null) return
    event.preventDefault()
    setSelected(changes[target]?.hash ?? null)
    list.current?.querySelectorAll<HTMLElement>('[role="option"]')[target]?.focus()
  }

  return (
    <>
      <div className={classes.graph}>
        <GraphDrawing layout={layout} changes={changes} selected={selected} />
        <div className={classes.rows} role="listbox" aria-label="Changes, the newest first" ref={list}>
          {changes.map((change, row) => (
            <div
              key={change.hash}
              role="option"
              tabIndex={change.hash === stop ? 0 : -1}
              aria-selected={change.hash === selected}
              className={classes.row}
              style={{ paddingInlineStart: drawingWidth(layout) + 4 }}
              onClick={() => setSelected(change.hash)}
              onFocus={() => setSelected(change.hash)}
              onKeyDown={(event) => move(event, row)}
            >
              <RowContent change={change} />
            </div>
          ))}
        </div>
      </div>
      <Text size="xs" c="dimmed" px="sm" py={6}>
        <span className={classes.legend} />A side of a conflict. Hollow: written by the server, at the start
        or to carry out what was decided. Arrow keys go from change to change.
      </Text>
      {chosen === undefined ? null : <ChangeDetails change={chosen} />}
    </>
  )
}

function RowContent({ change }: { readonly change: CausalChange }) {
  const { author, kind, outcomes, conflicts, receivedAt } = change
  return (
    <>
      <span className={classes.author} dir="auto">
        {author}
      </span>
      <span className={classes.verdicts}>
        {outcomes.length === 0 ? (
          <Text span size="sm" c="dimmed">
            {KINDS[kind]}
          </Text>
        ) : (
          outcomes
            .slice(0, VERDICTS_SHOWN)
            .map(({ field, outcome }) => (
              <StatusBadge key={field} status={outcome} label={`${field} ${outcome}`} />
            ))
        )}
        {outcomes.length > VERDICTS_SHOWN ? (
          <Text span size="xs" c="dimmed">
            {`+${outcomes.length - VERDICTS_SHOWN}`}
          </Text>
        ) : null}
      </span>
      {conflicts.length === 0 ? null : <VisuallyHidden>a side of a conflict</VisuallyHidden>}
      <span className={classes.when}>
        <RelativeTime at={receivedAt} />
      </span>
    </>
  )
}

export const KINDS: Readonly<Record<CausalChange['kind'], string>> = {
  genesis: 'start of the document',
  change: 'change',
  settle: 'says what is in force',
  resolution: 'decision',
  undo: 'decision taken back',
}

/** @returns the row to go to; null for a key that goes nowhere. */
function targetOf(key: string, row: number, rows: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(row + 1, rows - 1)
    case 'ArrowUp':
      return Math.max(row - 1, 0)
    case 'Home':
      return 0
    case 'End':
      return rows - 1
    default:
      return null
  }
}
