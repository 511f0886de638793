/** Whether there is a connection or will be in a moment: what is not here yet is then worth waiting for. */
import { useStatus } from './sluice-hooks.ts'

export const useIsConnecting = (): boolean =>
  useStatus({
    select: ({ connection }) => connection.name === 'online' || connection.name === 'connecting',
  })
