// Every benchmark, in the order in which they run.
import type { Bench } from './bench-context.ts'
import { fanOut } from './benches/fan-out.ts'

export const benches: readonly Bench[] = [fanOut]
