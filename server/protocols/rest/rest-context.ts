/** What every route of the REST door works with, and what it reads from a request's headers. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { JsonObject } from '../../../shared/json.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { decodeVersion } from '../../../shared/record/version.ts'
import { normalizeDate } from '../../../shared/schema/check-value.ts'
import type { Schema } from '../../../shared/schema/schema.ts'
import type { Actor, Authenticator } from '../../auth/actor.ts'
import type { Authorizer } from '../../auth/authorizer.ts'
import type { Revocations } from '../../auth/revocations.ts'
import type { Inspector } from '../../inspection/inspector.ts'
import type { Log } from '../../log.ts'
import type { Operations } from '../../operations/operations.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { StoreHealth } from '../../rooms/store-health.ts'
import type { Storage } from '../../storage/storage.ts'
import type { RequestAllowance } from '../limits/request-allowance.ts'
import type { RequestOrigin } from '../listener.ts'
import type { SessionDirectory } from '../session-directory.ts'
import type { ChangeFeedParts } from './change-feed.ts'
import type { KeptReads } from './kept-reads.ts'
import { parseJsonObject } from './read-json.ts'

export interface RestParts {
  readonly rooms: Rooms
  readonly storage: Storage
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly revocations: Revocations
  /** The role that may revoke tokens of its tenant; undefined if nobody may. */
  readonly revokerRole: string | undefined
  /** Roles that may erase records of their tenant. */
  readonly erasureRoles: readonly string[]
  /** Roles that may look into how the server does. In an open demo everybody may. */
  readonly operatorRoles: readonly string[]
  readonly operations: Pick<Operations, 'metrics' | 'report'>
  readonly sessions: Pick<SessionDirectory, 'page' | 'countOf' | 'inRoom'>
  readonly inspector: Pick<Inspector, 'measure' | 'textsAt' | 'authorsAt'>
  readonly schema: Schema
  readonly health: Pick<StoreHealth, 'status'>
  readonly log: Log
  /** Now, ISO 8601. */
  readonly now: () => string
  /** An id that nobody has used: of a request, or of a record that is created without one. */
  readonly newId: () => string
  /** The program's own version. */
  readonly version: string
  readonly bodyBytesMax: number
  readonly limits: RestLimits
  readonly allowance: RequestAllowance
  readonly reads: Pick<KeptReads, 'begin'>
  /** Of web pages from elsewhere that may call. */
  readonly origins: readonly string[]
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  readonly feed: Omit<ChangeFeedParts, 'storage'>
  /** Aborted when the server stops: answers that go on without end are ended. */
  readonly stopping: AbortSignal
}

export interface RestLimits {
  /** Event streams at one time, of all and of one subject. */
  readonly streamsMax: number
  readonly streamsPerSubjectMax: number
}

export interface RestEnv {
  Bindings: Partial<RequestOrigin>
  Variables: {
    /** Names the request in the log, and as a session in the records it writes. */
    requestId: string
    /** Only on routes under `/v1`. */
    actor: Actor
  }
}

export type RestApp = OpenAPIHono<RestEnv>
export type RestContext = Context<RestEnv>

const METADATA_BYTES_MAX = 4096

export const keyOf = (
  c: RestContext,
  params: { readonly collection: string; readonly id: string },
): RecordKey => ({
  tenant: c.get('actor').tenant,
  collection: params.collection,
  id: params.id,
})

/** @throws SluiceError `bad_request` if `Sluice-Metadata` or `Sluice-Edited-At` is not understood. */
export function originOf(c: RestContext, now: () => string): Origin {
  const { subject, roles, device } = c.get('actor')
  return {
    subject,
    roles,
    session: c.get('requestId'),
    door: 'rest',
    device,
    metadata: metadataOf(c),
    claimedAt: editedAtOf(c),
    receivedAt: now(),
  }
}

function metadataOf(c: RestContext): JsonObject {
  const header = c.req.header('Sluice-Metadata')
  if (header === undefined) return {}
  if (header.length > METADATA_BYTES_MAX)
    throw new SluiceError('bad_request', `Sluice-Metadata: takes at most ${METADATA_BYTES_MAX} bytes`)
  // The bytes of a header have no encoding that clients agree on.
  if (!/^[\x20-\x7e]*$/.test(header))
    throw new SluiceError(
      'bad_request',
      'Sluice-Metadata: takes ASCII; write other characters as \\u escapes',
    )
  return parseJsonObject('Sluice-Metadata', header)
}

function editedAtOf(c: RestContext): string | null {
  const header = c.req.header('Sluice-Edited-At')
  if (header === undefined) return null
  const instant = normalizeDate(header)
  if (instant === null)
    throw new SluiceError(
      'bad_request',
      'Sluice-Edited-At: takes an ISO 8601 instant such as 2026-03-01T09:30:00Z',
    )
  return instant
}

/** The version that a write names. */
export interface SeenVersion {
  /** Heads that the author saw; null if he names no version: then those of the record as it is now. */
  readonly heads: readonly string[] | null
  /** `If-Match: *`: the record must exist, in whatever version. */
  readonly any: boolean
}

/**
 * Reads `If-Match` and `?base=`.
 * @throws SluiceError `bad_request` or `unknown_version`.
 */
export function seenVersionOf(c: RestContext, base: string | undefined): SeenVersion {
  const header = c.req.header('If-Match')?.trim()
  const any = header === '*'
  const token = header === undefined || any ? base : entityTag(header)
  if (base !== undefined && token !== base)
    throw new SluiceError('bad_request', 'If-Match and base name different versions')
  return { heads: token === undefined ? null : headsOf(token), any }
}

/** @throws SluiceError `unknown_version` for a token that no server has made. */
export function headsOf(token: string): readonly string[] {
  const version = decodeVersion(token)
  if (version === null || version.heads.length === 0)
    throw new SluiceError('unknown_version', 'the version is not one of this record')
  return version.heads
}

/** A weak tag names a version as well as a strong one: a version says what its reader has seen. */
function entityTag(header: string): string {
  const tag = /^(?:W\/)?"([^"]*)"$/.exec(header)?.[1]
  if (tag === undefined)
    throw new SluiceError('bad_request', 'If-Match: takes one version in double quotes, as in an ETag, or *')
  return tag
}

/** `Prefer: handling=strict` (RFC 7240): refuse a stale write instead of merging it. */
export const isStrict = (c: RestContext): boolean =>
  (c.req.header('Prefer') ?? '')
    .split(/[,;]/)
    .some((preference) => /^handling\s*=\s*"?strict"?$/i.test(preference.trim()))
