/** A text in which each part shows who wrote it: by colour, by its title, and in words on demand. */
import { Group, Text, VisuallyHidden } from '@mantine/core'
import { useMemo, useState } from 'react'
import { plural } from '../../components/figures.ts'
import classes from './authored-text.module.css'
import type { TextAuthors } from './text-authors.ts'
import { sharesOf } from './text-authors.ts'

export function AuthoredText({ text }: { readonly text: TextAuthors }) {
  const shares = useMemo(() => sharesOf(text), [text])
  const tones = new Map(shares.map(({ author, tone }) => [author, tone]))
  const [chosen, setChosen] = useState<string | null>(null)
  return (
    <>
      <Group gap="xs" p="sm" pb={0} role="group" aria-label="Authors">
        {shares.map(({ author, characters, tone }) => (
          <button
            key={author}
            type="button"
            className={classes.author}
            data-tone={tone}
            aria-pressed={author === chosen}
            onClick={() => setChosen(author === chosen ? null : author)}
          >
            <span dir="auto">{author}</span>
            <span className={classes.count}>{plural(characters, 'character')}</span>
          </button>
        ))}
      </Group>
      <div className={classes.text} dir="auto">
        {text.runs.map(({ author, text: part }, index) => {
          // Parts have no identity but their place.
          const key = `${index} ${author}`
          if (author === null) return <span key={key}>{part}</span>
          return (
            <span
              key={key}
              title={author}
              className={classes.part}
              data-tone={tones.get(author)}
              data-faded={chosen !== null && chosen !== author}
            >
              <VisuallyHidden> {author}: </VisuallyHidden>
              {part}
            </span>
          )
        })}
      </div>
      <Text size="xs" c="dimmed" px="sm" pb="sm">
        Whoever has put something in is its author, also of what was pasted. Choose one to see only what is
        his.
      </Text>
    </>
  )
}
