/** One figure: what it is now, in words what that means, and how it has been in the last minutes. */
import { Paper, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './figure-card.module.css'
import type { Point } from './sparkline.tsx'
import { Sparkline } from './sparkline.tsx'

export interface FigureCardProps {
  readonly title: string
  readonly value: string
  readonly detail: ReactNode
  readonly history?: {
    readonly points: readonly Point[]
    readonly spanMs: number
    readonly gapMs: number
    readonly format: (value: number) => string
  }
  /** Something should be done about it. */
  readonly isAlarming?: boolean
}

export function FigureCard({ title, value, detail, history, isAlarming = false }: FigureCardProps) {
  return (
    <Paper
      withBorder
      p="sm"
      component="section"
      aria-label={title}
      className={classes.card ?? ''}
      data-alarming={isAlarming}
    >
      <Text size="sm" c="dimmed" component="h2">
        {title}
      </Text>
      <Text size="xl" fw={600} className="tabular" lh={1.35}>
        {value}
      </Text>
      <Text size="xs" c="dimmed" mih="2.6em" component="div">
        {detail}
      </Text>
      {history === undefined ? null : <Sparkline label={wordsOf(title, history)} {...history} />}
    </Paper>
  )
}

function wordsOf(title: string, { points, format }: NonNullable<FigureCardProps['history']>): string {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]))
  if (known.length === 0) return `${title}: nothing in the last five minutes`
  return `${title} in the last five minutes: between ${format(Math.min(...known))} and ${format(Math.max(...known))}`
}
