/** What became of a person's own changes: those of this page, and those of before that have lost or wait. */
import { ActionIcon, Anchor, Button, Code, Group, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { Link } from 'wouter'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { OwnChange, RecordHandle, Refusal } from '../../../index.ts'
import { Panel } from '../../components/panel.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import classes from './own-changes.module.css'
import type { OwnActions } from './use-own-actions.ts'

export interface OwnChangesProps {
  readonly changes: readonly OwnChange[]
  readonly handle: RecordHandle<Fields>
  readonly own: OwnActions
}

/** What there is to say of one change, wherever it is known from. */
interface Told {
  readonly id: string
  readonly label: string
  readonly status: string
  readonly refusal: Refusal | null
  readonly fields: OwnChange['fields']
  readonly isKept: boolean
}

export function OwnChanges({ changes, handle, own }: OwnChangesProps) {
  const told = toldOf(changes, own)
  if (told.length === 0) return null
  return (
    <Panel title="Your changes">
      <ul className={classes.list} aria-live="polite">
        {told.map((change) => (
          <li key={change.id}>
            <ChangeLine change={change} handle={handle} own={own} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function toldOf(changes: readonly OwnChange[], { actions }: OwnActions): readonly Told[] {
  const kept = new Map(changes.map((change) => [change.id, change]))
  const here = actions.map(({ id, label, outcome }): Told => {
    // A held change that was decided since is told by the record.
    const own = kept.get(id)
    return {
      id,
      label,
      status: own?.status ?? outcome?.status ?? 'pending',
      refusal: own?.refusal ?? outcome?.refusal ?? null,
      fields: own?.fields ?? outcome?.fields ?? {},
      isKept: own !== undefined && own.status !== 'pending',
    }
  })
  const known = new Set(actions.map(({ id }) => id))
  const before = changes
    .filter(({ id }) => !known.has(id))
    .map(({ id, ops, status, refusal, fields }): Told => {
      const label = [...new Set(ops.map(({ field }) => field))].join(', ') || 'the record'
      return { id, label, status, refusal, fields, isKept: status !== 'pending' }
    })
  return [...here, ...before]
}

function ChangeLine({ change, handle, own }: { readonly change: Told } & Omit<OwnChangesProps, 'changes'>) {
  const { id, label, status, refusal, fields, isKept } = change
  const mayRepeat = isKept && (status === 'superseded' || status === 'rejected')
  const dismiss = (): void => {
    if (isKept) handle.dismiss(id)
    own.forget(id)
  }
  const repeat = (): void => {
    own.forget(id)
    own.track(label, handle.restoreMine(id))
  }
  return (
    <Group justify="space-between" gap="xs" align="flex-start">
      <div className={classes.about}>
        <Group gap={6}>
          <Text size="sm" dir="auto" className={classes.label ?? ''}>
            {label}
          </Text>
          <StatusBadge status={status} />
        </Group>
        {refusal === null ? null : (
          <Text size="xs" c="dimmed">
            {refusal.message} <Code>{refusal.code}</Code>
          </Text>
        )}
        {Object.entries(fields).map(([field, { outcome, reason, conflictId }]) =>
          outcome === 'applied' ? null : (
            <Text key={field} size="xs" c="dimmed" dir="auto">
              <Code>{field}</Code> {outcome}
              {reason === null ? '' : `: ${reason}`}{' '}
              {conflictId === null ? null : (
                <Anchor component={Link} href={`/inbox/${conflictId}`} size="xs" underline="always">
                  decide it
                </Anchor>
              )}
            </Text>
          ),
        )}
      </div>
      <Group gap={6} wrap="nowrap">
        {mayRepeat ? (
          <Button size="compact-xs" variant="default" onClick={repeat}>
            Write it again
          </Button>
        ) : null}
        {status === 'pending' ? null : (
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={`Put away what became of ${label}`}
            onClick={dismiss}
          >
            <IconX size={14} aria-hidden />
          </ActionIcon>
        )}
      </Group>
    </Group>
  )
}
