/** The SDK's own hooks, for the client of the console's user. Its schema is known when it runs, so nothing of it is typed. */
import type { SluiceConfig } from '../../../shared/schema/config.ts'
import { createHooks } from '../../react/index.ts'

export const { SluiceProvider, useStatus, useRecord, useInbox, useQuery } = createHooks<SluiceConfig>()
