/** One conflict: what it is about, every side beside each other, and what a person may do about it. */
import { Alert, Anchor, Button, Group, Paper, Text, Title } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { isOpen } from '../../../../shared/conflicts/conflict.ts'
import type { ConflictView } from '../../../index.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { ValueView } from '../../components/value-view.tsx'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import { recordAddress } from '../../session/record-address.ts'
import { ApprovalPanel } from './approval-panel.tsx'
import classes from './conflict-card.module.css'
import { ConflictEvents } from './conflict-events.tsx'
import { DecisionPanel } from './decision-panel.tsx'
import { ResolutionPanel } from './resolution-panel.tsx'
import { SidePanel } from './side-panel.tsx'
import { sidesOf, specOf, valueOfField } from './side-values.ts'
import type { Decisions } from './use-decisions.ts'
import { WorkPanel } from './work-panel.tsx'

export interface ConflictCardProps {
  readonly conflict: ConflictView
  readonly decisions: Decisions
  readonly onBack: () => void
}

export function ConflictCard({ conflict, decisions, onBack }: ConflictCardProps) {
  const { schema } = useConsole()
  const [note, setNote] = useState('')
  const sides = sidesOf(conflict)
  const collection = schema.get(conflict.collection)
  const stale = decisions.stale?.conflictId === conflict.id ? decisions.stale : null
  const isBusy = decisions.busy === conflict.id
  const mayDecide = conflict.mayResolve && isOpen(conflict)
  const isLetter = conflict.kind === 'dead-letter'
  const noted = note.trim() === '' ? {} : { note: note.trim() }
  const choose = (at: number): void => {
    const side = sides[at]
    if (side !== undefined && mayDecide && !isLetter)
      void decisions.decide(conflict, { choose: side.id, ...noted })
  }
  useKeys(
    'This conflict',
    mayDecide && !isLetter
      ? sides.slice(0, 9).map((side, index) => ({
          keys: String(index + 1),
          label: `${index === 0 ? 'Keep' : 'Take'} the value of ${side.author}`,
          run: () => choose(index),
        }))
      : [],
  )
  return (
    <Paper withBorder p="md" component="article" aria-label={`${conflict.collection}/${conflict.recordId}`}>
      <Head conflict={conflict} onBack={onBack} />
      {stale === null ? null : (
        <Alert color="orange" mb="sm" title="Somebody was faster" role="alert">
          {stale.message}. What has arrived since is marked; your note is kept. Look again, and decide again.
        </Alert>
      )}
      {conflict.mayResolve ? null : (
        <Alert color="gray" mb="sm">
          You may read this conflict; to decide it takes a role that you do not have.
        </Alert>
      )}
      <dl className={classes.base}>
        {conflict.fields.map((field) => (
          <div key={field}>
            <dt>{field === '_deleted' ? 'the record' : field}, as both had seen it</dt>
            <dd>
              <ValueView
                value={valueOfField(conflict.fields, conflict.base, field)}
                spec={specOf(collection, field)}
              />
            </dd>
          </div>
        ))}
      </dl>
      <div className={classes.sides}>
        {sides.map((side, index) => (
          <SidePanel
            key={side.id}
            conflict={conflict}
            side={side}
            place={index}
            isNew={stale?.newSides.has(side.id) === true}
            isBusy={isBusy}
            onChoose={mayDecide && !isLetter ? () => choose(index) : null}
          />
        ))}
      </div>
      <ApprovalPanel conflict={conflict} decisions={decisions} isBusy={isBusy} />
      <ResolutionPanel conflict={conflict} decisions={decisions} isBusy={isBusy} />
      {mayDecide ? (
        <DecisionPanel
          conflict={conflict}
          note={note}
          isBusy={isBusy}
          onNote={setNote}
          onDecide={(resolving) => void decisions.decide(conflict, resolving)}
        />
      ) : null}
      <WorkPanel conflict={conflict} decisions={decisions} isBusy={isBusy} />
      <ConflictEvents conflict={conflict} />
    </Paper>
  )
}

function Head({ conflict, onBack }: Pick<ConflictCardProps, 'conflict' | 'onBack'>) {
  const { collection, recordId, fields, openedAt, state, kind } = conflict
  return (
    <Group justify="space-between" align="flex-start" mb="sm" gap="xs">
      <div>
        <Group gap="xs">
          <Button
            className={classes.back ?? ''}
            variant="subtle"
            size="compact-sm"
            leftSection={<IconArrowLeft size={14} aria-hidden />}
            onClick={onBack}
          >
            List
          </Button>
          <Title order={2} dir="auto">
            {fields.map((field) => (field === '_deleted' ? 'delete' : field)).join(', ')}
          </Title>
          <StatusBadge status={state} />
        </Group>
        <Text size="sm" c="dimmed">
          <Anchor
            component={Link}
            href={recordAddress('records', collection, recordId)}
            dir="auto"
            underline="always"
          >
            {collection}/{recordId}
          </Anchor>{' '}
          · {kind === 'dead-letter' ? 'could not be carried out' : kind.replace('-', ' beside ')} · opened{' '}
          <RelativeTime at={openedAt} />
        </Text>
      </div>
      <Anchor component={Link} href={recordAddress('inspect', collection, recordId)} size="sm">
        Inspect the record
      </Anchor>
    </Group>
  )
}
