/** One side of a conflict: its value and how it differs, who wrote it, when, what he had seen, and what choosing it does. */
import { Badge, Button, Code, Group, Kbd, Text } from '@mantine/core'
import type { Side } from '../../../../shared/conflicts/conflict.ts'
import type { ConflictView } from '../../../index.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { differenceOf, isRewording } from '../../components/value-difference.ts'
import { ValueView } from '../../components/value-view.tsx'
import { WordDiff } from '../../components/word-diff.tsx'
import { useConsole } from '../../session/console-context.ts'
import classes from './conflict-card.module.css'
import { delayOf, eventsOf, operationOf, specOf, valueOfField } from './side-values.ts'

export interface SidePanelProps {
  readonly conflict: ConflictView
  readonly side: Side
  /** 0 is the side in force. */
  readonly place: number
  /** It has arrived since the reviewer decided. */
  readonly isNew: boolean
  readonly isBusy: boolean
  /** Null: it cannot be chosen. */
  readonly onChoose: (() => void) | null
}

export function SidePanel({ conflict, side, place, isNew, isBusy, onChoose }: SidePanelProps) {
  const isInForce = place === 0
  const label = isInForce ? 'In force' : conflict.alongside.includes(side) ? 'In force, too' : `Held ${place}`
  return (
    <section
      className={classes.side}
      data-in-force={isInForce}
      data-new={isNew}
      aria-label={`${label}, by ${side.author}`}
    >
      <Group justify="space-between" gap={4}>
        <Text size="xs" fw={650} c="dimmed">
          {label}
        </Text>
        {isNew ? (
          <Badge size="xs" color="orange" tt="none">
            has just arrived
          </Badge>
        ) : null}
      </Group>
      <div className={classes.values}>
        {conflict.fields.map((field) => (
          <SideValue key={field} conflict={conflict} side={side} field={field} isInForce={isInForce} />
        ))}
      </div>
      <SideFacts side={side} />
      <Consequence conflict={conflict} side={side} isInForce={isInForce} />
      {onChoose === null ? null : (
        <Button
          size="xs"
          variant={isInForce ? 'default' : 'light'}
          loading={isBusy}
          onClick={onChoose}
          rightSection={place < 9 ? <Kbd size="xs">{place + 1}</Kbd> : null}
        >
          {isInForce ? 'Keep' : 'Take'}
        </Button>
      )}
    </section>
  )
}

interface SideValueProps {
  readonly conflict: ConflictView
  readonly side: Side
  readonly field: string
  readonly isInForce: boolean
}

function SideValue({ conflict, side, field, isInForce }: SideValueProps) {
  const { schema } = useConsole()
  const spec = specOf(schema.get(conflict.collection), field)
  const value = valueOfField(conflict.fields, side.value, field)
  const inForce = valueOfField(conflict.fields, conflict.inForce, field)
  const operation = operationOf(side)
  const isReworded =
    !isInForce && typeof inForce === 'string' && typeof value === 'string' && isRewording(inForce, value)
  const difference = isInForce || operation !== null ? null : differenceOf(spec, inForce, value)
  return (
    <div>
      {conflict.fields.length > 1 ? (
        <Text size="xs" c="dimmed">
          {field}
        </Text>
      ) : null}
      {operation === null ? null : (
        <Badge size="sm" variant="default" tt="none">
          {operation}
        </Badge>
      )}
      {operation === 'delete' ? null : isReworded ? (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          <WordDiff before={String(inForce)} after={String(value)} />
        </Text>
      ) : (
        <ValueView value={value} spec={spec} />
      )}
      {difference === null ? null : (
        <Text size="xs" c="dimmed" className="tabular">
          {difference}
        </Text>
      )}
    </div>
  )
}

function SideFacts({ side }: { readonly side: Side }) {
  const { author, roles, device, door, claimedAt, receivedAt, sawVersion, metadata } = side
  const delay = delayOf(side)
  return (
    <dl className={classes.facts}>
      <dt>by</dt>
      <dd dir="auto">
        {author}
        {roles.length === 0 || roles.includes('*') ? '' : ` (${roles.join(', ')})`}
      </dd>
      <dt>through</dt>
      <dd>
        {door}
        {device === null ? '' : `, ${device}`}
      </dd>
      {claimedAt === null ? null : (
        <>
          <dt>made</dt>
          <dd>
            <RelativeTime at={claimedAt} />
          </dd>
        </>
      )}
      <dt>received</dt>
      <dd>
        <RelativeTime at={receivedAt} />
        {delay === null ? '' : `, after ${delay} offline`}
      </dd>
      <dt>had seen</dt>
      <dd>{sawVersion === '' ? 'nothing' : <Code title={sawVersion}>{sawVersion.slice(0, 8)}</Code>}</dd>
      {Object.entries(metadata).map(([name, value]) => (
        <Fact key={name} name={name} value={typeof value === 'string' ? value : JSON.stringify(value)} />
      ))}
    </dl>
  )
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <>
    <dt dir="auto">{name}</dt>
    <dd dir="auto">{value}</dd>
  </>
)

/** What follows for the table's row and for effects that wait. */
function Consequence({ conflict, side, isInForce }: Omit<SideValueProps, 'field'>) {
  const { schema } = useConsole()
  if (conflict.kind === 'dead-letter' || conflict.resolution !== null) return null
  const events =
    side.operation === 'set' ? eventsOf(schema.get(conflict.collection), conflict.fields, side.value) : []
  const row = isInForce
    ? 'The row stays as it is.'
    : side.operation === 'delete' && conflict.fields.includes('_deleted')
      ? 'The row goes away.'
      : `The row of ${conflict.collection} changes.`
  return (
    <Text size="xs" c="dimmed">
      {row}
      {events.length === 0 ? '' : ` Sends ${events.join(', ')}, which is held back until then.`}
    </Text>
  )
}
