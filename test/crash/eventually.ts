// `until`, for servers and clients that come back all at once on a machine that does other things as well.
import { until } from '../support/until.ts'

const PATIENCE_MS = 90_000

export const eventually = <T>(look: () => T | Promise<T>, what: string): Promise<NonNullable<T>> =>
  until(look, what, PATIENCE_MS)
