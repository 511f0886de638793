/** One field of a record: what is in force, an input for what shall be, and what is sure of it. */
import { Anchor, Button, Code, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { Json } from '../../../../shared/json.ts'
import type { FieldSpec } from '../../../../shared/schema/field-spec.ts'
import type { ConflictView } from '../../../index.ts'
import { FieldInput } from '../../components/field-input.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { ValueView } from '../../components/value-view.tsx'
import classes from './field-row.module.css'

export interface FieldRowProps {
  readonly field: string
  readonly spec: FieldSpec
  /** As it is shown now, own changes in it. */
  readonly value: Json
  /** What was shown when the person began to enter; what is shown now if he has not. */
  readonly basis: Json
  /** Undefined: nothing is entered. Of a counter what is added. */
  readonly entered: Json | undefined
  readonly isReadOnly: boolean
  /** The server has not confirmed what is shown. */
  readonly isStaged: boolean
  /** Somebody has changed it since the person began to enter. */
  readonly isChangedMeanwhile: boolean
  readonly conflict: ConflictView | undefined
  readonly onEnter: (value: Json) => void
  readonly onLeave: () => void
}

export function FieldRow(props: FieldRowProps) {
  const { field, spec, value, entered, isReadOnly, isStaged, isChangedMeanwhile, conflict, onLeave } = props
  return (
    <div className={classes.row} data-disputed={conflict !== undefined}>
      <div className={classes.input}>
        {isReadOnly ? <ReadOnlyField {...props} /> : <EditedField {...props} />}
      </div>
      <div className={classes.state}>
        <Text size="xs" c="dimmed">
          {hintOf(spec)}
          {isReadOnly ? ', you may only read it' : ''}
        </Text>
        <Group gap={6}>
          {conflict === undefined ? null : (
            <>
              <StatusBadge status="disputed" />
              <Anchor component={Link} href={`/inbox/${conflict.id}`} size="xs" underline="always">
                Decide about {field}
              </Anchor>
            </>
          )}
          {isStaged ? <StatusBadge status="pending" label="not confirmed" /> : null}
          {entered === undefined ? null : (
            <>
              <StatusBadge status="staged" label="not sent" />
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={onLeave}
                aria-label={`Leave ${field} as it is`}
              >
                Leave
              </Button>
            </>
          )}
        </Group>
        {isChangedMeanwhile ? (
          <Text size="xs" role="status" className={classes.meanwhile ?? ''}>
            Changed meanwhile. Now: <ValueView value={value} spec={spec} isCompact />
          </Text>
        ) : null}
      </div>
    </div>
  )
}

const ReadOnlyField = ({ field, spec, value }: FieldRowProps) => (
  <>
    <Text size="xs" fw={500} dir="auto">
      {field}
    </Text>
    <ValueView value={value} spec={spec} />
  </>
)

function EditedField({ field, spec, value, basis, entered, onEnter }: FieldRowProps) {
  if (spec.kind !== 'counter')
    return (
      <FieldInput
        // What others write is taken over, but not from under what is being entered.
        key={JSON.stringify(basis)}
        name={field}
        spec={spec}
        value={entered === undefined ? value : entered}
        onChange={onEnter}
      />
    )
  return (
    <Group gap="sm" align="flex-end" wrap="nowrap">
      <div>
        <Text size="xs" fw={500} dir="auto">
          {field}
        </Text>
        <Code className={classes.count ?? ''}>{String(value)}</Code>
      </div>
      <FieldInput name={`Add to ${field}`} spec={spec} value={entered ?? null} onChange={onEnter} />
    </Group>
  )
}

/** What the schema says of a field, in a few words. */
function hintOf({ kind, critical, required, immutable }: FieldSpec): string {
  return [
    kind === 'counter' ? 'counter: adds up' : kind,
    ...(critical === null
      ? []
      : [critical.group === null ? 'critical' : `critical, group ${critical.group}`]),
    ...(required ? ['required'] : []),
    ...(immutable ? ['the first value stays'] : []),
  ].join(', ')
}
