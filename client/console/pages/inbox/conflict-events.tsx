/** Everything that has happened to a conflict, newest first. */
import { Text } from '@mantine/core'
import type { ConflictEvent } from '../../../../shared/conflicts/conflict.ts'
import type { ConflictView } from '../../../index.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import classes from './conflict-card.module.css'

export const ConflictEvents = ({ conflict }: { readonly conflict: ConflictView }) => (
  <section className={classes.panel} aria-label="What has happened">
    <ol className={classes.events} reversed>
      {conflict.events.toReversed().map((event, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place, and stay there
        <li key={conflict.events.length - index}>
          <Text span size="xs" c="dimmed">
            <RelativeTime at={event.at} />
          </Text>
          <span dir="auto">
            <b>{event.author}</b> {wordsOf(event)}
          </span>
        </li>
      ))}
    </ol>
  </section>
)

function wordsOf(event: ConflictEvent): string {
  switch (event.type) {
    case 'opened':
      return 'wrote without having seen the value in force'
    case 'challenged':
      return 'wrote another value'
    case 'reopened':
      return 'wrote without having seen the decision: it is open again'
    case 'assigned':
      return event.assignee === event.author ? 'took it on' : `assigned it to ${event.assignee}`
    case 'unassigned':
      return `took it from ${event.assignee}`
    case 'commented':
      return `said: ${event.text}`
    case 'proposed':
      return `proposed a decision${noteOf(event.proposal.note)}`
    case 'approved':
      return 'approved it'
    case 'withdrawn':
      return 'withdrew the proposal'
    case 'voided':
      return 'wrote another value, so the proposal does not count any more'
    case 'resolved':
      return `decided${noteOf(event.resolution.note)}`
    case 'dismissed':
      return `dismissed it${noteOf(event.resolution.note)}`
    case 'undone':
      return 'took the decision back'
  }
}

const noteOf = (note: string | null): string => (note === null ? '' : `: ${note}`)
