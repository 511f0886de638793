// Every benchmark, in the order in which they run.
import type { Bench } from './bench-context.ts'
import { clients } from './benches/clients.ts'
import { coldOpen } from './benches/cold-open.ts'
import { fanOut } from './benches/fan-out.ts'
import { growth } from './benches/growth.ts'
import { loop } from './benches/loop.ts'
import { records } from './benches/records.ts'
import { rooms } from './benches/rooms.ts'
import { storm } from './benches/storm.ts'

export const benches: readonly Bench[] = [fanOut, rooms, coldOpen, storm, records, growth, loop, clients]
