/** Two values as text, with what was taken away and what was added: by words, for whoever decides between them. */
import { VisuallyHidden } from '@mantine/core'
import { diffWordsWithSpace } from 'diff'
import { useMemo } from 'react'
import classes from './word-diff.module.css'

export interface WordDiffProps {
  readonly before: string
  readonly after: string
}

/** Beyond it, comparing takes longer than a person would wait. */
const LENGTH_MAX = 20_000

export function WordDiff({ before, after }: WordDiffProps) {
  const parts = useMemo(
    () =>
      before.length + after.length > LENGTH_MAX
        ? [
            { value: before, removed: true, added: false },
            { value: after, removed: false, added: true },
          ]
        : diffWordsWithSpace(before, after),
    [before, after],
  )
  return (
    <span dir="auto" className={classes.diff}>
      {parts.map(({ value, added, removed }, index) => {
        // Parts have no identity but their place.
        const key = `${index} ${value.length}`
        if (added) return <Changed key={key} as="ins" says="added" value={value} />
        if (removed) return <Changed key={key} as="del" says="removed" value={value} />
        return <span key={key}>{value}</span>
      })}
    </span>
  )
}

const Changed = (part: { readonly as: 'ins' | 'del'; readonly says: string; readonly value: string }) => (
  <part.as className={classes[part.as]}>
    <VisuallyHidden> {part.says}: </VisuallyHidden>
    {part.value}
  </part.as>
)
