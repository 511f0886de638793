/** Which conflicts are shown: the view, with how many there are, and what they are about. */
import { Group, SegmentedControl, Select, Text, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { ConflictState } from '../../../../shared/conflicts/conflict.ts'
import type { ConflictCounts } from '../../../index.ts'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import type { InboxFilter, InboxView } from './inbox-filter.ts'
import { statesOf, VIEWS } from './inbox-filter.ts'

export interface FilterBarProps {
  readonly filter: InboxFilter
  readonly counts: ConflictCounts | null
  readonly onChange: (filter: InboxFilter) => void
}

export function FilterBar({ filter, counts, onChange }: FilterBarProps) {
  const { schema } = useConsole()
  const search = useRef<HTMLInputElement>(null)
  useKeys('Inbox', [{ keys: '/', label: 'Search values', run: () => search.current?.focus() }])
  const views = VIEWS.map(({ view, label }) => ({
    value: view,
    label: <ViewLabel label={label} count={countOf(view, filter, counts)} />,
  }))
  return (
    <Group mb="sm" gap="xs">
      <SegmentedControl
        size="xs"
        data={views}
        value={filter.view}
        onChange={(view) => onChange({ ...filter, view: view as InboxView })}
        aria-label="View"
      />
      <Select
        size="xs"
        w={150}
        aria-label="Collection"
        placeholder="All collections"
        data={[...schema.keys()]}
        value={filter.collection}
        onChange={(collection) => onChange({ ...filter, collection })}
        clearable
      />
      <Entry
        key={`author ${filter.author}`}
        label="Author of a side"
        value={filter.author}
        onEnter={(author) => onChange({ ...filter, author })}
      />
      <Entry
        key={`value ${filter.value}`}
        label="Search values"
        value={filter.value}
        onEnter={(value) => onChange({ ...filter, value })}
        inputRef={search}
      />
    </Group>
  )
}

function ViewLabel({ label, count }: { readonly label: string; readonly count: number | null }) {
  return (
    <Group gap={6} wrap="nowrap" justify="center">
      {label}
      {count === null || count === 0 ? null : (
        <Text span size="xs" c="dimmed" className="tabular">
          {count}
        </Text>
      )}
    </Group>
  )
}

/** @returns null for a view whose size the counts do not tell. */
function countOf(view: InboxView, { collection }: InboxFilter, counts: ConflictCounts | null): number | null {
  if (counts === null || view === 'mine') return null
  const states: ReadonlySet<ConflictState> = new Set(statesOf(view))
  return counts.groups
    .filter((group) => states.has(group.state) && (collection === null || group.collection === collection))
    .reduce((sum, { count }) => sum + count, 0)
}

interface EntryProps {
  readonly label: string
  readonly value: string | null
  readonly onEnter: (value: string | null) => void
  readonly inputRef?: React.Ref<HTMLInputElement>
}

/** Takes effect when it is entered, or left. */
function Entry({ label, value, onEnter, inputRef }: EntryProps) {
  const [text, setText] = useState(value ?? '')
  const enter = (): void => {
    const entered = text.trim() === '' ? null : text.trim()
    if (entered !== value) onEnter(entered)
  }
  return (
    <TextInput
      {...(inputRef === undefined ? {} : { ref: inputRef })}
      size="xs"
      w={150}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={13} aria-hidden />}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={enter}
      onKeyDown={(event) => {
        if (event.key === 'Enter') enter()
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}
