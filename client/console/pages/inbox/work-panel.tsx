/** The work on a conflict beside deciding it: who has it, and what people say about it. */
import { Button, Group, Kbd, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import type { ConflictView } from '../../../index.ts'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import classes from './conflict-card.module.css'
import type { Decisions } from './use-decisions.ts'

export interface WorkPanelProps {
  readonly conflict: ConflictView
  readonly decisions: Decisions
  readonly isBusy: boolean
}

export function WorkPanel({ conflict, decisions, isBusy }: WorkPanelProps) {
  const { session } = useConsole()
  const [text, setText] = useState('')
  const [other, setOther] = useState('')
  const comment = useRef<HTMLInputElement>(null)
  const isMine = conflict.assignee === session.subject
  const assign = (): void => void decisions.assign(conflict, isMine ? null : session.subject)
  useKeys(
    'This conflict',
    conflict.mayResolve
      ? [
          { keys: 'a', label: isMine ? 'Give it back' : 'Take it on', run: assign },
          { keys: 'c', label: 'Comment', run: () => comment.current?.focus() },
        ]
      : [],
  )
  if (!conflict.mayResolve) return null
  const send = async (): Promise<void> => {
    if (text.trim() !== '' && (await decisions.comment(conflict, text.trim()))) setText('')
  }
  return (
    <section className={classes.panel} aria-label="Work on it">
      <Group gap="xs" align="flex-end">
        <Button
          size="xs"
          variant="default"
          loading={isBusy}
          onClick={assign}
          rightSection={<Kbd size="xs">a</Kbd>}
        >
          {isMine ? 'Give it back' : 'Take it on'}
        </Button>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (other.trim() !== '') void decisions.assign(conflict, other.trim()).then(() => setOther(''))
          }}
        >
          <TextInput
            size="xs"
            w={140}
            placeholder={conflict.assignee === null ? 'Assign to…' : `${conflict.assignee} has it`}
            aria-label="Assign to"
            value={other}
            onChange={(event) => setOther(event.currentTarget.value)}
          />
        </form>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void send()
          }}
        >
          <TextInput
            ref={comment}
            size="xs"
            w={260}
            maxLength={4096}
            placeholder="Comment"
            aria-label="Comment"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur()
            }}
          />
        </form>
      </Group>
    </section>
  )
}
