/** One person's app: his switch, his form, his text, and what became of his writes. */
import { Avatar, Badge, Group, Paper, Skeleton, Stack, Switch, Text } from '@mantine/core'
import { lazy, Suspense, useEffect } from 'react'
import { StatusBadge } from '../../components/status-badge.tsx'
import { CopyCode } from './copy-code.tsx'
import { PaneForm } from './pane-form.tsx'
import classes from './pane-view.module.css'
import type { Person } from './scene.ts'
import type { Pane } from './use-pane.ts'
import { usePaneState } from './use-pane.ts'

const NotesEditor = lazy(() => import('./notes-editor.tsx'))

export interface PaneViewProps {
  readonly pane: Pane
  /** Told of what merges by itself. */
  readonly onEdit: () => void
}

export function PaneView({ pane, onEdit }: PaneViewProps) {
  const { person, record, text, client } = pane
  const state = usePaneState(pane)
  useEffect(() => {
    const heard = ({
      local,
      changed,
    }: {
      readonly local: boolean
      readonly changed: ReadonlyMap<unknown, unknown>
    }) => {
      if (local && changed.size > 0) onEdit()
    }
    text.doc.on('afterTransaction', heard)
    return () => text.doc.off('afterTransaction', heard)
  }, [text, onEdit])
  return (
    <Paper
      withBorder
      component="section"
      aria-label={`The app of ${person.name}`}
      className={classes.pane}
      data-off={state.isSwitchedOff}
      data-person={person.color}
    >
      <Group justify="space-between" wrap="nowrap" className={classes.head}>
        <PersonLine person={person} />
        <Group gap="sm" wrap="nowrap">
          <PaneSaved state={state} />
          <Switch
            size="sm"
            label={state.isSwitchedOff ? 'Offline' : 'Online'}
            aria-label={`Connection of ${person.name}`}
            checked={!state.isSwitchedOff}
            onChange={(event) => (event.currentTarget.checked ? client.connect() : client.disconnect())}
          />
        </Group>
      </Group>
      <Stack gap="md" p="md">
        {record.status === 'unknown' ? (
          <Skeleton height={116} />
        ) : (
          <PaneForm record={record} onEdit={onEdit} />
        )}
        <Suspense fallback={<Skeleton height={136} />}>
          <NotesEditor text={text} label={`Notes, as ${person.name} has them`} />
        </Suspense>
        <Group justify="space-between" align="center">
          <Fate pane={pane} />
          <CopyCode person={person} />
        </Group>
      </Stack>
    </Paper>
  )
}

const PersonLine = ({ person }: { readonly person: Person }) => (
  <Group gap="xs" wrap="nowrap">
    <Avatar color={person.color} radius="xl" size={30} aria-hidden>
      {person.name.split('.')[1]?.[0]?.toUpperCase()}
    </Avatar>
    <div>
      <Text fw={600} size="sm" component="h2">
        {person.name}
      </Text>
      <Text c="dimmed" size="xs" visibleFrom="sm">
        {person.title}
      </Text>
    </div>
  </Group>
)

function PaneSaved({ state }: { readonly state: ReturnType<typeof usePaneState> }) {
  const label = state.isOnline
    ? state.isPending
      ? 'Saving'
      : 'Saved'
    : state.isSwitchedOff
      ? 'Kept here'
      : 'Connecting'
  return (
    <Badge
      variant="dot"
      size="sm"
      radius="sm"
      tt="none"
      fw={500}
      miw="fit-content"
      color={state.isOnline && !state.isPending ? 'teal' : state.isOnline ? 'blue' : 'orange'}
      role="status"
    >
      {label}
    </Badge>
  )
}

/** What became of this person's last write that is not simply in force. */
function Fate({ pane: { record } }: { readonly pane: Pane }) {
  const last = record.changes.at(-1)
  if (last === undefined || last.status === 'pending')
    return (
      <Text size="xs" c="dimmed">
        {last === undefined ? 'Every write is in force.' : 'On its way.'}
      </Text>
    )
  const value = last.ops.find(({ type }) => type === 'set')
  return (
    <Group gap={6}>
      <StatusBadge status={last.status} />
      <Text size="xs" c="dimmed">
        {value?.type === 'set' ? `“${String(value.value)}”` : 'the last write'}
      </Text>
    </Group>
  )
}
