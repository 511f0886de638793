/** The decision in force: what, by whom, why; and taking it back. */
import { Button, Text } from '@mantine/core'
import type { ConflictView } from '../../../index.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ValueView } from '../../components/value-view.tsx'
import classes from './conflict-card.module.css'
import type { Decisions } from './use-decisions.ts'

export interface ResolutionPanelProps {
  readonly conflict: ConflictView
  readonly decisions: Decisions
  readonly isBusy: boolean
}

export function ResolutionPanel({ conflict, decisions, isBusy }: ResolutionPanelProps) {
  const { resolution } = conflict
  if (resolution === null) return null
  return (
    <section className={classes.panel} aria-label="The decision">
      <Text size="sm" fw={600}>
        {resolution.dismisses ? 'Dismissed' : 'Decided'} by {resolution.author}{' '}
        <RelativeTime at={resolution.at} />
      </Text>
      {resolution.dismisses ? null : <ValueView value={resolution.value} />}
      <Text size="xs" c="dimmed" dir="auto">
        {resolution.note ?? 'without a note'}
        {resolution.approvals.map(({ author }) => ` · approved by ${author}`)}
      </Text>
      {conflict.mayResolve && conflict.kind !== 'dead-letter' ? (
        <Button
          size="xs"
          variant="default"
          mt="xs"
          loading={isBusy}
          onClick={() => void decisions.takeBack(conflict)}
        >
          Take it back
        </Button>
      ) : null}
    </section>
  )
}
