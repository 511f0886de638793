/**
 * Works on many conflicts at once: a dry run counts what a filter finds and names it by a digest, and the real run
 * decides each through its record's room like a single one, naming the sides that were there when they were listed.
 */
import { createHash } from 'node:crypto'
import type { Conflict, Side } from '../../../shared/conflicts/conflict.ts'
import { standingSides } from '../../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { RecordCommand } from '../../plan/record-command.ts'
import type { StoredConflict } from '../../storage/storage.ts'
import { work } from './conflict-access.ts'
import type { BULK_STATUSES, BulkRequest } from './conflict-schemas.ts'
import type { RestContext, RestParts } from './rest-context.ts'
import { originOf } from './rest-context.ts'
import type { Visibility } from './visibility.ts'
import { visibilityFor } from './visibility.ts'

const SAMPLE_SIZE = 5
/** How many decisions wait for their commits at a time: those that wait together share one. */
const ABREAST = 32

export interface BulkResult {
  readonly id: string
  readonly collection: string
  readonly recordId: string
  readonly status: (typeof BULK_STATUSES)[number]
  readonly code?: string
  readonly detail?: string
}

interface Group {
  readonly collection: string
  readonly kind: string
  readonly fields: readonly string[]
  count: number
  forbidden: number
  readonly sample: string[]
}

export interface BulkCount {
  readonly count: number
  readonly digest: string
  readonly forbidden: number
  readonly groups: readonly Group[]
}

export async function countConflicts(
  visibility: Visibility,
  found: readonly StoredConflict[],
): Promise<BulkCount> {
  const groups = new Map<string, Group>()
  for (const stored of found) {
    const { conflict, key } = stored
    const { id, kind, fields } = conflict
    const name = JSON.stringify([key.collection, kind, fields])
    const group = groups.get(name) ?? {
      collection: key.collection,
      kind,
      fields,
      count: 0,
      forbidden: 0,
      sample: [],
    }
    groups.set(name, group)
    group.count += 1
    if (!(await visibility.mayResolve(stored)).ok) group.forbidden += 1
    if (group.sample.length < SAMPLE_SIZE) group.sample.push(id)
  }
  const forbidden = [...groups.values()].reduce((sum, group) => sum + group.forbidden, 0)
  return { count: found.length, digest: digestOf(found), forbidden, groups: [...groups.values()] }
}

/** @throws SluiceError `stale_selection` if the filter does not find what the dry run found. */
export function checkExpected(expected: number | string | undefined, found: readonly StoredConflict[]): void {
  if (expected === undefined) return
  const digest = digestOf(found)
  if (expected === (typeof expected === 'number' ? found.length : digest)) return
  throw new SluiceError('stale_selection', 'the conflicts have changed since they were counted', {
    count: found.length,
    digest,
  })
}

export async function runBulk(
  c: RestContext,
  parts: RestParts,
  request: BulkRequest,
  found: readonly StoredConflict[],
): Promise<readonly BulkResult[]> {
  const results: BulkResult[] = []
  for (let at = 0; at < found.length; at += ABREAST)
    results.push(
      ...(await Promise.all(
        found.slice(at, at + ABREAST).map((stored) => runOne(c, parts, request, stored)),
      )),
    )
  return results
}

async function runOne(
  c: RestContext,
  parts: RestParts,
  request: BulkRequest,
  stored: StoredConflict,
): Promise<BulkResult> {
  const { conflict, key } = stored
  const told = { id: conflict.id, collection: key.collection, recordId: key.id }
  const permission = await visibilityFor(c, parts).mayResolve(stored)
  if (!permission.ok) return { ...told, status: 'forbidden', code: permission.code }
  const command = commandFor(request, conflict, originOf(c, parts.now))
  if (command === null) return { ...told, status: 'refused', detail: 'no challenger stands' }
  try {
    const { answer } = await work(c.get('actor'), parts, stored, command)
    return { ...told, status: command.type === 'step' ? 'assigned' : statusOf(answer) }
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code === 'store_unavailable') throw error
    const { code, message: detail } = error
    const isStale = code === 'stale_resolution' || code === 'not_open'
    return { ...told, status: isStale ? 'stale' : 'refused', code, detail }
  }
}

const statusOf = ({ state }: Pick<Conflict, 'state'>): BulkResult['status'] =>
  state === 'awaiting-approval' || state === 'dismissed' ? state : 'decided'

function commandFor(
  { action, note }: BulkRequest,
  conflict: Conflict,
  origin: RecordCommand['origin'],
): Extract<RecordCommand, { type: 'resolve' | 'step' }> | null {
  const conflictId = conflict.id
  if ('assign' in action)
    return { type: 'step', conflictId, step: { type: 'assign', assignee: action.assign }, origin }
  const seen = standingSides(conflict).map(({ id }) => id)
  const deciding = { type: 'resolve', conflictId, seen, note, origin } as const
  if ('dismiss' in action) return { ...deciding, decision: { dismiss: true } }
  const side = sideFor(action.choose, conflict)
  return side === undefined ? null : { ...deciding, decision: { choose: side.id } }
}

type Choice = Extract<BulkRequest['action'], { choose: string }>['choose']

function sideFor(choice: Choice, { incumbent, challengers }: Conflict): Side | undefined {
  if (choice === 'incumbent') return incumbent
  const standing = challengers.filter(({ supersededBy }) => supersededBy === null)
  return standing.at(choice === 'newest-challenger' ? -1 : 0)
}

/** The same for the same conflicts with the same standing sides and proposals. */
function digestOf(found: readonly StoredConflict[]): string {
  const named = found.map(({ conflict }) => [
    conflict.id,
    conflict.proposal?.id ?? null,
    ...standingSides(conflict).map(({ id }) => id),
  ])
  return createHash('sha256').update(JSON.stringify(named)).digest('hex')
}
