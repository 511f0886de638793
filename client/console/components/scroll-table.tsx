/** A table that may be wider than its place: then it is scrolled, by keyboard, too. */
import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

export interface ScrollTableProps {
  /** What the table tells. */
  readonly label: string
  /** Below which it is scrolled rather than squeezed. */
  readonly minWidth: number
  readonly maxHeight?: number
  readonly verticalSpacing?: number
  readonly children: ReactNode
}

export const ScrollTable = ({
  label,
  minWidth,
  maxHeight,
  verticalSpacing = 6,
  children,
}: ScrollTableProps) => (
  <Table.ScrollContainer
    type="native"
    minWidth={minWidth}
    {...(maxHeight === undefined ? {} : { maxHeight })}
    tabIndex={0}
    role="region"
    aria-label={label}
  >
    <Table verticalSpacing={verticalSpacing} horizontalSpacing="sm">
      {children}
    </Table>
  </Table.ScrollContainer>
)
