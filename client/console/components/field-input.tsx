/** An input for a value, as its field's kind is entered; null where nothing is entered. */
import { Checkbox, NumberInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Json } from '../../../shared/json.ts'
import { isJsonArray } from '../../../shared/json.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'

export interface FieldInputProps {
  readonly name: string
  readonly spec: Pick<FieldSpec, 'kind' | 'values' | 'item'>
  readonly value: Json
  readonly onChange: (value: Json) => void
  readonly hasFocus?: boolean
}

export function FieldInput({ name, spec, value, onChange, hasFocus = false }: FieldInputProps) {
  const common = {
    label: name,
    size: 'xs',
    ...(hasFocus ? { 'data-autofocus': true, autoFocus: true } : {}),
  } as const
  switch (spec.kind) {
    case 'number':
    case 'counter':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          onChange={(entered) => onChange(typeof entered === 'number' ? entered : null)}
        />
      )
    case 'boolean':
      return (
        <Checkbox
          {...common}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'enum':
      return (
        <Select
          {...common}
          data={[...spec.values]}
          value={typeof value === 'string' ? value : null}
          onChange={onChange}
          clearable
        />
      )
    case 'string':
      return <StringInput {...common} value={typeof value === 'string' ? value : ''} onChange={onChange} />
    case 'set':
      if (spec.item?.kind !== 'string') return <JsonInput name={name} value={value} onChange={onChange} />
      return (
        <TagsInput
          {...common}
          dir="auto"
          placeholder="Add one"
          value={isJsonArray(value) ? value.map(String) : []}
          onChange={onChange}
          acceptValueOnBlur
        />
      )
    case 'date':
      return (
        <TextInput
          {...common}
          placeholder="2026-03-01T09:30:00Z"
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        />
      )
    default:
      return <JsonInput name={name} value={value} onChange={onChange} />
  }
}

/** Beyond it, a text is entered on several lines. */
const LINE_LENGTH = 80

interface StringInputProps {
  readonly label: string
  readonly size: 'xs'
  readonly value: string
  readonly onChange: (value: Json) => void
}

/** On one line, unless it has more to begin with: a line break would be lost there without a word. */
function StringInput({ value, onChange, ...common }: StringInputProps) {
  const [isLong] = useState(() => value.length > LINE_LENGTH || value.includes('\n'))
  const enter = (text: string): void => onChange(text === '' ? null : text)
  return isLong ? (
    <Textarea
      {...common}
      dir="auto"
      autosize
      maxRows={12}
      value={value}
      onChange={(event) => enter(event.currentTarget.value)}
    />
  ) : (
    <TextInput {...common} dir="auto" value={value} onChange={(event) => enter(event.currentTarget.value)} />
  )
}

/** What is no JSON yet is told, and not passed on. */
function JsonInput({ name, value, onChange }: Pick<FieldInputProps, 'name' | 'value' | 'onChange'>) {
  const [text, setText] = useState(() => JSON.stringify(value))
  const [problem, setProblem] = useState<string | null>(null)
  const enter = (entered: string): void => {
    setText(entered)
    try {
      onChange(JSON.parse(entered) as Json)
      setProblem(null)
    } catch {
      setProblem('not JSON')
    }
  }
  return (
    <Textarea
      label={name}
      size="xs"
      autosize
      maxRows={12}
      value={text}
      error={problem}
      onChange={(event) => enter(event.currentTarget.value)}
    />
  )
}
