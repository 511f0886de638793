/** Decides otherwise than by choosing a side: a value that nobody wrote, or that there is nothing to decide. */
import { Button, Group, Text, Textarea } from '@mantine/core'
import { useRef, useState } from 'react'
import type { Json } from '../../../../shared/json.ts'
import type { FieldSpec } from '../../../../shared/schema/field-spec.ts'
import type { ConflictView, Resolving } from '../../../index.ts'
import { FieldInput } from '../../components/field-input.tsx'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import classes from './conflict-card.module.css'
import { specOf, valueOfField } from './side-values.ts'

export interface DecisionPanelProps {
  readonly conflict: ConflictView
  readonly note: string
  readonly isBusy: boolean
  readonly onNote: (note: string) => void
  readonly onDecide: (resolving: Resolving) => void
}

export function DecisionPanel({ conflict, note, isBusy, onNote, onDecide }: DecisionPanelProps) {
  const [isEditing, setEditing] = useState(false)
  const input = useRef<HTMLTextAreaElement>(null)
  const mayEdit = !conflict.fields.includes('_deleted') || conflict.kind === 'dead-letter'
  const noted = note.trim() === '' ? {} : { note: note.trim() }
  useKeys('This conflict', [
    { keys: 'n', label: 'Write a note', run: () => input.current?.focus() },
    { keys: 'e', label: 'Give another value', run: () => mayEdit && setEditing(true) },
  ])
  return (
    <section className={classes.panel} aria-label="Decide">
      <Textarea
        ref={input}
        label="Note"
        description="Why. It is kept with the decision, and those who lost read it."
        size="xs"
        rows={1}
        // Grows by the style sheet: to be measured by a script would hold up every next conflict.
        classNames={{ input: classes.note ?? '' }}
        maxLength={4096}
        value={note}
        onChange={(event) => onNote(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {isEditing ? (
        <OtherValue
          conflict={conflict}
          isBusy={isBusy}
          onCancel={() => setEditing(false)}
          onValue={(value) => onDecide({ value, ...noted })}
        />
      ) : (
        <Group mt="xs" gap="xs">
          {mayEdit ? (
            <Button size="xs" variant="default" onClick={() => setEditing(true)}>
              Another value…
            </Button>
          ) : null}
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            loading={isBusy}
            disabled={note.trim() === ''}
            onClick={() => onDecide({ dismiss: true, note: note.trim() })}
            title={note.trim() === '' ? 'Needs a note' : undefined}
          >
            Dismiss: nothing to decide
          </Button>
        </Group>
      )}
    </section>
  )
}

interface OtherValueProps {
  readonly conflict: ConflictView
  readonly isBusy: boolean
  readonly onValue: (value: Json) => void
  readonly onCancel: () => void
}

/** Starts from what is in force. Linked fields are given together. */
function OtherValue({ conflict, isBusy, onValue, onCancel }: OtherValueProps) {
  const { schema } = useConsole()
  const collection = schema.get(conflict.collection)
  const isLetter = conflict.kind === 'dead-letter'
  const [values, setValues] = useState<Readonly<Record<string, Json>>>(() =>
    Object.fromEntries(
      conflict.fields.map((field) => [
        field,
        valueOfField(conflict.fields, isLetter ? conflict.incumbent.value : conflict.inForce, field) ?? null,
      ]),
    ),
  )
  const [field = ''] = conflict.fields
  const isOne = conflict.fields.length === 1 && !isLetter
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onValue(isOne ? (values[field] ?? null) : values)
      }}
    >
      <Group align="flex-end" gap="sm" mt="xs">
        {conflict.fields.map((name, index) => (
          <FieldInput
            key={name}
            name={name}
            spec={specOf(collection, name) ?? PLAIN}
            value={values[name] ?? null}
            hasFocus={index === 0}
            onChange={(value) => setValues((before) => ({ ...before, [name]: value }))}
          />
        ))}
        <Button size="xs" type="submit" loading={isBusy}>
          Decide with this
        </Button>
        <Button size="xs" variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
      {isOne ? null : (
        <Text size="xs" c="dimmed" mt={4}>
          These are decided together.
        </Text>
      )}
    </form>
  )
}

const PLAIN: Pick<FieldSpec, 'kind' | 'values' | 'item'> = { kind: 'json', values: [], item: null }
