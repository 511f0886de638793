/** What `sluice.config.ts` exports by default. */
import type { Collection } from './collection.ts'

export type Collections = Readonly<Record<string, Collection>>

export interface SluiceConfig<C extends Collections = Collections> {
  readonly schema: C
}

export const defineConfig = <const C extends Collections>(config: SluiceConfig<C>): SluiceConfig<C> => config
