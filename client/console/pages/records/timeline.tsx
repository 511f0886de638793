/** A record's history: who has written what, when, and what became of it; the newest first. */
import { Anchor, Button, Code, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { DELETED_KEY } from '../../../../shared/record/reserved-keys.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { EditView } from '../../components/edit-view.tsx'
import { PagedPanel } from '../../components/paged-panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import type { Pages } from '../../hooks/use-pages.ts'
import type { Moment, RecordLine } from './moments.ts'
import classes from './timeline.module.css'
import { ValueChange } from './value-change.tsx'

export interface TimelineProps {
  readonly collection: CollectionSpec
  readonly pages: Pages<RecordLine>
  readonly moments: readonly Moment[]
  /** The version that is looked at. */
  readonly shown: string | null
  readonly onTravel: (version: string) => void
}

export const Timeline = ({ collection, pages, moments, shown, onTravel }: TimelineProps) => (
  <PagedPanel title="History" pages={pages} heightPx={260} emptyText="No field has been written.">
    {() => (
      <ol className={classes.list}>
        {moments.map((moment) => (
          <li key={moment.position} className={classes.moment} data-shown={moment.version === shown}>
            <MomentHead moment={moment} onTravel={onTravel} />
            {moment.lines.map((line) => (
              <Line key={line.position} collection={collection} line={line} />
            ))}
          </li>
        ))}
      </ol>
    )}
  </PagedPanel>
)

function MomentHead({ moment, onTravel }: { readonly moment: Moment } & Pick<TimelineProps, 'onTravel'>) {
  const { author, door, device, receivedAt, version, metadata } = moment
  return (
    <Group justify="space-between" gap="xs" align="flex-start">
      <Text size="sm" dir="auto" className={classes.who ?? ''}>
        <strong>{author}</strong>{' '}
        <Text span size="xs" c="dimmed">
          <RelativeTime at={receivedAt} />, by {door}
          {device === null ? '' : ` on ${device}`}
          {Object.entries(metadata)
            .filter(([name, value]) => name !== 'device' || value !== device)
            .map(
              ([name, value]) => `, ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
            )}
        </Text>
      </Text>
      {version === null ? null : (
        <Button size="compact-xs" variant="default" onClick={() => onTravel(version)}>
          Look at it then
        </Button>
      )}
    </Group>
  )
}

function Line({ collection, line }: { readonly collection: CollectionSpec; readonly line: RecordLine }) {
  const { field, operation, oldValue, newValue, outcome, reason, code, conflictId } = line
  const spec = collection.fields.get(field) ?? null
  return (
    <div className={classes.line}>
      <Group gap={6}>
        {field === DELETED_KEY ? <Text size="sm">the record</Text> : <Code>{field}</Code>}
        <StatusBadge status={outcome} />
      </Group>
      <div className={classes.value}>
        {field === DELETED_KEY ? (
          <Text size="sm">{operation === 'delete' || newValue === true ? 'deleted' : 'there again'}</Text>
        ) : operation === 'delete' ? (
          <Text size="sm">cleared</Text>
        ) : operation === 'increment' ? (
          <Text size="sm" className="tabular">
            {Number(newValue) < 0 ? '−' : '+'}
            {Math.abs(Number(newValue))}
          </Text>
        ) : operation === 'edit' ? (
          <EditView spec={spec} removed={oldValue} added={newValue} />
        ) : (
          <ValueChange spec={spec} before={oldValue} after={newValue} />
        )}
        {reason === null && code === null && conflictId === null ? null : (
          <Text size="xs" c="dimmed" dir="auto">
            {reason ?? ''} {code === null ? null : <Code>{code}</Code>}{' '}
            {conflictId === null ? null : (
              <Anchor component={Link} href={`/inbox/${conflictId}`} size="xs" underline="always">
                conflict {conflictId.slice(0, 8)}
              </Anchor>
            )}
          </Text>
        )}
      </div>
    </div>
  )
}
