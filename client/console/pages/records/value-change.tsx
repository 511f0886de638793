/** What a field held before and after: by words where a text was reworded, and by how much where it is a number. */
import { Text } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import type { Json } from '../../../../shared/json.ts'
import type { FieldSpec } from '../../../../shared/schema/field-spec.ts'
import { differenceOf, isRewording } from '../../components/value-difference.ts'
import { ValueView } from '../../components/value-view.tsx'
import { WordDiff } from '../../components/word-diff.tsx'
import classes from './value-change.module.css'

export interface ValueChangeProps {
  readonly spec: FieldSpec | null
  readonly before: Json
  readonly after: Json
}

export function ValueChange({ spec, before, after }: ValueChangeProps) {
  if (typeof before === 'string' && typeof after === 'string' && isRewording(before, after))
    return (
      <Text size="sm" component="div">
        <WordDiff before={before} after={after} />
      </Text>
    )
  const difference = differenceOf(spec, before, after)
  return (
    <div className={classes.change}>
      <div className={classes.value}>
        <ValueView value={before} spec={spec} />
      </div>
      <IconArrowRight size={14} className={classes.arrow} role="img" aria-label="became" />
      <div className={classes.value}>
        <ValueView value={after} spec={spec} />
      </div>
      {difference === null ? null : (
        <Text size="xs" c="dimmed" className="tabular">
          {difference}
        </Text>
      )}
    </div>
  )
}
