// The doors of a running server as its users see them: each test is handed those that it names, and no others.
import { createHmac } from 'node:crypto'
import Database from 'better-sqlite3'
import WebSocket from 'ws'
import type { SluiceClient } from '../../client/index.ts'
import { connect, memoryStore } from '../../client/index.ts'
import { EventReader } from '../support/event-stream.ts'
import { RepoClient } from '../support/repo-client.ts'
import type { RestAnswer } from '../support/rest-client.ts'
import { rest } from '../support/rest-client.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { SyncWire } from '../support/sync-wire.ts'
import { TextClient } from '../support/text-client.ts'
import config from './sluice.config.ts'

export const JWT_SECRET = 'the acceptance suite knows this secret'

/** A subject, or one with more claims. */
export type Who =
  | string
  | {
      readonly sub: string
      readonly tenant?: string
      readonly roles?: readonly string[]
      readonly device?: string
      /** When it was issued and when it expires, in seconds since 1970. */
      readonly iat?: number
      readonly exp?: number
    }

/** Reads and writes under `/v1/`, for one actor. */
export class RestDoor {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  get(path: string, headers: Headers = {}): Promise<RestAnswer> {
    return this.send('GET', path, undefined, headers)
  }

  put(path: string, body: unknown, headers: Headers = {}): Promise<RestAnswer> {
    return this.send('PUT', path, body, headers)
  }

  patch(path: string, body: unknown, headers: Headers = {}): Promise<RestAnswer> {
    return this.send('PATCH', path, body, headers)
  }

  delete(path: string, headers: Headers = {}): Promise<RestAnswer> {
    return this.send('DELETE', path, undefined, headers)
  }

  send(method: string, path: string, body: unknown, headers: Headers = {}): Promise<RestAnswer> {
    return rest(this.#url, method, `/v1/${path}`, body, {
      authorization: `Bearer ${this.#token}`,
      ...headers,
    })
  }
}

type Headers = Readonly<Record<string, string>>

/** What PowerSync's `transaction.crud` holds of an operation. */
export interface CrudEntry {
  readonly op: 'PUT' | 'PATCH' | 'DELETE'
  readonly type: string
  readonly id: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly old?: Readonly<Record<string, unknown>>
  readonly metadata?: unknown
  readonly op_id?: number
  readonly tx_id?: number
}

export interface Doors {
  /** REST over HTTP. */
  readonly rest: (who: Who) => RestDoor
  /** `POST /v1/upload`. @returns the result of each operation. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly upload: (who: Who, ...batch: readonly CrudEntry[]) => Promise<readonly any[]>
  /** An automerge-repo client. */
  readonly automerge: (who: Who) => RepoClient
  /** A y-websocket client with TipTap's document. */
  readonly yjs: (who: Who, room: string) => TextClient
  /** The sync door, as the SDK speaks it. */
  readonly sync: (who: Who) => Promise<SyncWire>
  /** The SDK, on a device that forgets. */
  readonly sdk: (who: Who) => Promise<SluiceClient<(typeof config)['schema']>>
  /** The tables, as `sqlite3 sluice.db` shows them. */
  // biome-ignore lint/suspicious/noExplicitAny: rows of every table
  readonly sql: (query: string, ...values: readonly unknown[]) => readonly any[]
  /** `GET /v1/changes` as an event stream. */
  readonly stream: (who: Who, query: string, lastId?: number) => Promise<EventReader>
  /** The process itself, to be killed and started again. */
  readonly process: ServerProcess
}

export interface OpenDoors {
  readonly doors: Doors
  /** Closes every client. */
  close(): Promise<void>
}

export function openDoors(server: ServerProcess): OpenDoors {
  const open: (() => unknown)[] = []
  const doors: Doors = {
    rest: (who) => new RestDoor(server.url, tokenOf(who)),
    upload: async (who, ...batch) => {
      const { status, body } = await doors.rest(who).send('POST', 'upload', { batch: batch.map(numbered) })
      if (status !== 200) throw new Error(`upload: ${status} ${JSON.stringify(body)}`)
      return body.results
    },
    automerge: (who) => {
      const client = new RepoClient(server.socketUrl, subjectOf(who), tokenOf(who))
      open.push(() => client.destroy())
      return client
    },
    yjs: (who, room) => {
      const client = new TextClient(server.socketUrl, room, 'body', tokenOf(who))
      open.push(() => client.destroy())
      return client
    },
    sync: async (who) => {
      const wire = await SyncWire.open(server.socketUrl, tokenOf(who))
      open.push(() => wire.close())
      return wire
    },
    sdk: async (who) => {
      const client = await connect(server.url, {
        schema: config,
        token: tokenOf(who),
        store: memoryStore(),
        WebSocket,
      })
      open.push(() => client.close())
      return client
    },
    sql: (query, ...values) => {
      const database = new Database(server.databaseFile, { readonly: true })
      try {
        return database.prepare(query).all(...values)
      } finally {
        database.close()
      }
    },
    stream: async (who, query, lastId) => {
      const response = await fetch(`${server.url}/v1/changes?${query}`, {
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${tokenOf(who)}`,
          ...(lastId === undefined ? {} : { 'last-event-id': String(lastId) }),
        },
      })
      const reader = new EventReader(response)
      open.push(() => reader.close())
      return reader
    },
    process: server,
  }
  return {
    doors,
    close: async () => {
      await Promise.all(open.splice(0).map((end) => end()))
    },
  }
}

let lastOpId = 0

/** A stock connector numbers its operations. */
function numbered(entry: CrudEntry): CrudEntry {
  lastOpId += 1
  return { op_id: lastOpId, tx_id: lastOpId, ...entry }
}

const subjectOf = (who: Who): string => (typeof who === 'string' ? who : who.sub)

/** A JSON Web Token, signed as an identity provider would. */
export function tokenOf(who: Who): string {
  const claims = typeof who === 'string' ? { sub: who } : who
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp: 4_102_444_800, ...claims })}`
  return `${signed}.${createHmac('sha256', JWT_SECRET).update(signed).digest('base64url')}`
}
