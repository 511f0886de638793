/** Opens a client in a tab of a browser. Loaded when it is needed: most environments have no tabs. */
import type { Collections } from '../../shared/schema/config.ts'
import type { SluiceClient } from '../sluice-client.ts'
import { browserBus } from './browser-bus.ts'
import type { SharingParts } from './sharing-tab.ts'
import { SharingTab } from './sharing-tab.ts'

/** @throws StoreProblem if the store is another program's, or a tab's with another version of the app. */
export const openInTab = <C extends Collections>(
  parts: Omit<SharingParts, 'bus'>,
): Promise<SluiceClient<C>> => SharingTab.open<C>({ ...parts, bus: browserBus(parts.lock) })
