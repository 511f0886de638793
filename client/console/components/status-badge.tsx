/** A state in one word, by colour, sign and text: of conflicts, of what became of a write, and of what is saved. */
import { Badge } from '@mantine/core'
import type { TablerIcon } from '@tabler/icons-react'
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowMerge,
  IconCheck,
  IconClock,
  IconCloudOff,
  IconEyeOff,
  IconHandStop,
  IconPencil,
  IconUser,
  IconUsers,
  IconX,
} from '@tabler/icons-react'

interface Look {
  readonly color: string
  readonly icon: TablerIcon
}

const LOOKS: Readonly<Record<string, Look>> = {
  open: { color: 'orange', icon: IconAlertTriangle },
  reopened: { color: 'orange', icon: IconArrowBackUp },
  assigned: { color: 'blue', icon: IconUser },
  'awaiting-approval': { color: 'violet', icon: IconUsers },
  resolved: { color: 'teal', icon: IconCheck },
  dismissed: { color: 'gray', icon: IconEyeOff },
  applied: { color: 'teal', icon: IconCheck },
  merged: { color: 'water', icon: IconArrowMerge },
  superseded: { color: 'gray', icon: IconArrowBackUp },
  held: { color: 'orange', icon: IconHandStop },
  disputed: { color: 'orange', icon: IconAlertTriangle },
  rejected: { color: 'red', icon: IconX },
  refused: { color: 'red', icon: IconX },
  pending: { color: 'gray', icon: IconClock },
  staged: { color: 'gray', icon: IconPencil },
  offline: { color: 'gray', icon: IconCloudOff },
}

export interface StatusBadgeProps {
  /** `awaiting-approval`, `held`, `applied`, … */
  readonly status: string
  /** Other words than the state's own. */
  readonly label?: string
}

export function StatusBadge({ status, label }: StatusBadgeProps) {
  const { color, icon: Icon } = LOOKS[status] ?? { color: 'gray', icon: IconClock }
  return (
    <Badge
      variant="light"
      color={color}
      size="sm"
      radius="sm"
      tt="none"
      fw={600}
      leftSection={<Icon size={12} stroke={2} aria-hidden />}
      styles={{ root: { '--badge-fz': '0.6875rem' } }}
    >
      {label ?? status.replaceAll('-', ' ')}
    </Badge>
  )
}
