/** Says that what is shown was read a while ago, and why it could not be read again. */
import { Alert } from '@mantine/core'
import { IconCloudOff } from '@tabler/icons-react'
import { messageOf } from './load-error.tsx'

export const StaleNotice = ({ error }: { readonly error: unknown }) => (
  <Alert color="orange" variant="light" icon={<IconCloudOff size={18} stroke={1.7} />} mb="md" role="status">
    Shown as it was read last: {messageOf(error)}.
  </Alert>
)
