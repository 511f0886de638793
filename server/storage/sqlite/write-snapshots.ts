/** Keeps the snapshots that a plan has of a record's lanes. */
import type { Lane, Plan } from '../../plan/plan.ts'
import { laneOf } from '../../plan/plan.ts'
import { writeSnapshot } from './record-row.ts'
import type { Statements } from './statements.ts'

/** @param versions that the plan's lanes are at after it. */
export function writeSnapshots(
  sql: Statements,
  record: number,
  { lane, snapshot, compartments }: Pick<Plan, 'lane' | 'snapshot' | 'compartments'>,
  versions: ReadonlyMap<Lane, number>,
): void {
  if (snapshot !== null) writeSnapshot(sql, record, lane, versions.get(lane) ?? 0, snapshot)
  for (const one of compartments) {
    const name = laneOf(one.compartment)
    if (one.snapshot !== null) writeSnapshot(sql, record, name, versions.get(name) ?? 0, one.snapshot)
  }
}
