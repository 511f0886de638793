/** The value of a field, as its kind is read: texts in their own direction, long ones folded, nothing as nothing. */
import { Badge, Code, Group, Spoiler, Text } from '@mantine/core'
import type { Json } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import { RelativeTime } from './relative-time.tsx'

export interface ValueViewProps {
  readonly value: Json | undefined
  /** Null for a field that the schema does not have. */
  readonly spec?: Pick<FieldSpec, 'kind'> | null
  /** On one line, cut off where it ends. */
  readonly isCompact?: boolean
}

/** Beyond it, a text is folded. */
const LONG = 240
const FOLDED_PX = 120

export function ValueView({ value, spec = null, isCompact = false }: ValueViewProps) {
  if (value === null || value === undefined)
    return (
      <Text span c="dimmed" fs="italic" size="sm">
        no value
      </Text>
    )
  if (typeof value === 'boolean') return <Code>{String(value)}</Code>
  if (typeof value === 'number')
    return (
      <Text span className="tabular" size="sm">
        {value.toLocaleString('en', { maximumFractionDigits: 20 })}
      </Text>
    )
  if (typeof value === 'string') return <StringView value={value} kind={spec?.kind} isCompact={isCompact} />
  if (Array.isArray(value) && spec?.kind !== 'json') return <ItemsView items={value} isCompact={isCompact} />
  if (isJsonObject(value) && spec?.kind !== 'json')
    return <MembersView members={value} isCompact={isCompact} />
  return <JsonView value={value} isCompact={isCompact} />
}

interface StringViewProps {
  readonly value: string
  readonly kind: FieldSpec['kind'] | undefined
  readonly isCompact: boolean
}

function StringView({ value, kind, isCompact }: StringViewProps) {
  if (value === '')
    return (
      <Text span c="dimmed" fs="italic" size="sm">
        empty text
      </Text>
    )
  if (kind === 'enum')
    return (
      <Badge variant="default" radius="sm" tt="none" fw={500}>
        {value}
      </Badge>
    )
  if (kind === 'date' && !Number.isNaN(Date.parse(value)))
    return (
      <Text span size="sm" className="tabular">
        {new Date(value).toLocaleString()}{' '}
        <Text span c="dimmed" size="xs">
          <RelativeTime at={value} />
        </Text>
      </Text>
    )
  if (isCompact)
    return (
      <Text span size="sm" dir="auto" truncate="end" display="block">
        {value}
      </Text>
    )
  const text = (
    <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
      {value}
    </Text>
  )
  return value.length > LONG ? <Folded>{text}</Folded> : text
}

function ItemsView({ items, isCompact }: { readonly items: readonly Json[]; readonly isCompact: boolean }) {
  if (items.length === 0) return <Nothing />
  return (
    <Group gap={4} wrap={isCompact ? 'nowrap' : 'wrap'} component="span">
      {items.map((item) => (
        <Badge key={JSON.stringify(item)} variant="default" radius="sm" tt="none" fw={500} dir="auto">
          {typeof item === 'string' ? item : JSON.stringify(item)}
        </Badge>
      ))}
    </Group>
  )
}

interface MembersViewProps {
  readonly members: Readonly<Record<string, Json>>
  readonly isCompact: boolean
}

function MembersView({ members, isCompact }: MembersViewProps) {
  const entries = Object.entries(members)
  if (entries.length === 0) return <Nothing />
  return (
    <Group gap="xs" wrap={isCompact ? 'nowrap' : 'wrap'} component="span">
      {entries.map(([name, value]) => (
        <Text key={name} span size="sm">
          <Text span c="dimmed" dir="auto">
            {name}
          </Text>{' '}
          <ValueView value={value} isCompact={isCompact} />
        </Text>
      ))}
    </Group>
  )
}

function JsonView({ value, isCompact }: { readonly value: Json; readonly isCompact: boolean }) {
  if (isCompact) return <Code>{JSON.stringify(value)}</Code>
  return (
    <Folded>
      <Code block>{JSON.stringify(value, null, 2)}</Code>
    </Folded>
  )
}

const Folded = ({ children }: { readonly children: React.ReactNode }) => (
  <Spoiler maxHeight={FOLDED_PX} showLabel="Show all" hideLabel="Show less">
    {children}
  </Spoiler>
)

const Nothing = () => (
  <Text span c="dimmed" fs="italic" size="sm">
    nothing
  </Text>
)
