/** A decision that waits for another person (C7): what it says, who has agreed, and the reader's part in it. */
import { Button, Group, Kbd, Text } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import type { ConflictView } from '../../../index.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ValueView } from '../../components/value-view.tsx'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import classes from './conflict-card.module.css'
import type { Decisions } from './use-decisions.ts'

export interface ApprovalPanelProps {
  readonly conflict: ConflictView
  readonly decisions: Decisions
  readonly isBusy: boolean
}

export function ApprovalPanel({ conflict, decisions, isBusy }: ApprovalPanelProps) {
  const { session } = useConsole()
  const { proposal } = conflict
  const agreed = proposal === null ? [] : [proposal.author, ...proposal.approvals.map(({ author }) => author)]
  const mayApprove = proposal !== null && conflict.mayResolve && !agreed.includes(session.subject)
  const approve = (): void => void decisions.approve(conflict)
  useKeys('This conflict', mayApprove ? [{ keys: 'p', label: 'Approve what is proposed', run: approve }] : [])
  if (proposal === null) return null
  return (
    <section className={classes.panel} aria-label="Waits for approval">
      <Group gap="xs" mb={4}>
        <IconUsers size={16} aria-hidden />
        <Text size="sm" fw={600}>
          Takes another person: {proposal.author} proposes{' '}
          {proposal.dismisses
            ? 'to dismiss it'
            : proposal.choose === null
              ? 'another value'
              : 'one of the sides'}
        </Text>
      </Group>
      {proposal.dismisses ? null : <ValueView value={proposal.value} />}
      <Text size="xs" c="dimmed" dir="auto">
        {proposal.note === null ? '' : `“${proposal.note}” · `}
        <RelativeTime at={proposal.at} />
        {proposal.approvals.map(({ author }) => ` · approved by ${author}`)}
      </Text>
      <Group gap="xs" mt="xs">
        {mayApprove ? (
          <Button size="xs" loading={isBusy} onClick={approve} rightSection={<Kbd size="xs">p</Kbd>}>
            Approve
          </Button>
        ) : (
          <Text size="xs" c="dimmed">
            {agreed.includes(session.subject)
              ? 'You have agreed already: the other person must be somebody else.'
              : 'You may not approve it.'}
          </Text>
        )}
        {conflict.mayResolve ? (
          <Button
            size="xs"
            variant="default"
            loading={isBusy}
            onClick={() => void decisions.withdraw(conflict)}
          >
            Withdraw it
          </Button>
        ) : null}
      </Group>
    </section>
  )
}
