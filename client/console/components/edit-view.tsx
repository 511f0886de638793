/** What an edit took out of a set, list or map, and what it put in. */
import { Text } from '@mantine/core'
import type { Json } from '../../../shared/json.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import classes from './edit-view.module.css'
import { ValueView } from './value-view.tsx'

export interface EditViewProps {
  /** As the change log has them: arrays of items or elements, or objects of members. */
  readonly removed: Json
  readonly added: Json
  readonly spec?: Pick<FieldSpec, 'kind'> | null
  readonly isCompact?: boolean
}

export function EditView({ removed, added, spec = null, isCompact = false }: EditViewProps) {
  if (isEmpty(removed) && isEmpty(added))
    return (
      <Text span size="sm" c="dimmed" fs="italic">
        nothing changed
      </Text>
    )
  return (
    <div className={classes.edit}>
      {isEmpty(removed) ? null : <Part label="took out" value={removed} spec={spec} isCompact={isCompact} />}
      {isEmpty(added) ? null : <Part label="put in" value={added} spec={spec} isCompact={isCompact} />}
    </div>
  )
}

interface PartProps extends Required<Pick<EditViewProps, 'spec' | 'isCompact'>> {
  readonly label: string
  readonly value: Json
}

const Part = ({ label, value, spec, isCompact }: PartProps) => (
  <div className={classes.part}>
    <Text span size="xs" c="dimmed">
      {label}
    </Text>
    <ValueView value={value} spec={spec} isCompact={isCompact} />
  </div>
)

const isEmpty = (part: Json): boolean =>
  part === null || typeof part !== 'object' || Object.keys(part).length === 0
