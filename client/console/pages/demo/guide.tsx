/** Three steps from a merge to a conflict that is held to its resolution. Each notices by itself that it was done. */
import { Button, Paper, SimpleGrid, Text, ThemeIcon } from '@mantine/core'
import { IconArrowMerge, IconCheck, IconGavel, IconHandStop } from '@tabler/icons-react'
import classes from './guide.module.css'
import type { Progress } from './steps.ts'
import { stepOf } from './steps.ts'

export interface GuideProps {
  readonly progress: Progress
  readonly isPlaying: boolean
  readonly onPlay: (step: 0 | 1 | 2) => void
}

const STEPS = [
  {
    icon: IconArrowMerge,
    title: 'Work apart, lose nothing',
    text: 'Switch one of them offline. Type in the notes and count a visit on both sides, then switch back: both visits count, both texts are there.',
    done: 'Both visits count, and no letter was lost.',
  },
  {
    icon: IconHandStop,
    title: 'Disagree where it matters',
    text: 'Switch one offline again, and enter another diagnosis on each side. The second one to arrive is held; it overwrites nothing.',
    done: 'The first one stays in force. The other one waits for a person.',
  },
  {
    icon: IconGavel,
    title: 'Decide, once, for everybody',
    text: 'Choose the right diagnosis below, or in the inbox. Each side is told what became of its own.',
    done: 'Decided, on record, and shown everywhere.',
  },
] as const

export function Guide({ progress, isPlaying, onPlay }: GuideProps) {
  const due = stepOf(progress)
  const isDone = [progress.hasMerged, progress.hasHeld, progress.hasDecided]
  return (
    <SimpleGrid
      component="ol"
      cols={{ base: 1, md: 3 }}
      spacing="sm"
      className={classes.steps ?? ''}
      aria-label="Three steps"
    >
      {STEPS.map(({ icon: Icon, title, text, done }, index) => (
        <Paper
          key={title}
          component="li"
          withBorder
          p="sm"
          className={classes.step ?? ''}
          data-due={due === index}
          data-done={isDone[index]}
          {...(due === index ? { 'aria-current': 'step' as const } : {})}
        >
          <ThemeIcon
            variant={isDone[index] === true ? 'filled' : 'light'}
            color={isDone[index] === true ? 'teal' : 'water'}
            radius="xl"
            size={28}
            aria-hidden
          >
            {isDone[index] === true ? <IconCheck size={16} /> : <Icon size={16} stroke={1.8} />}
          </ThemeIcon>
          <div>
            <Text fw={600} size="sm" component="h2">
              {index + 1}. {title}
            </Text>
            <Text size="sm" c="dimmed" role="status">
              {isDone[index] === true ? done : text}
            </Text>
            {due === index ? (
              <Button
                size="compact-xs"
                variant="light"
                mt={6}
                loading={isPlaying}
                onClick={() => onPlay(index as 0 | 1 | 2)}
              >
                Show me
              </Button>
            ) : null}
          </div>
        </Paper>
      ))}
    </SimpleGrid>
  )
}
