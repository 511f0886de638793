/**
 * Answers a read from what is kept of answers, before anything is made of the request that takes longer than that: routes,
 * schemas, a `Request`. Only what every request goes through is done here as there: who asks, and how often he may. Whatever
 * is not as usual is left to the REST door.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Entrance } from '../entrance.ts'
import type { RequestAllowance } from '../limits/request-allowance.ts'
import { bearerToken } from './bearer-token.ts'
import type { KeptReads } from './kept-reads.ts'
import { isKnown } from './kept-reads.ts'

export interface AnswerAtOnceParts {
  readonly entrance: Pick<Entrance, 'recall'>
  readonly allowance: RequestAllowance
  readonly reads: Pick<KeptReads, 'find'>
}

/** @returns false if nothing was answered, nor counted. */
export type AnswerAtOnce = (request: IncomingMessage, response: ServerResponse, address: string) => boolean

const READS = '/v1/records/'

export const answerAtOnce =
  ({ entrance, allowance, reads }: AnswerAtOnceParts): AnswerAtOnce =>
  (request, response, address) => {
    const { method, url: target = '', headers } = request
    // Pages from elsewhere are told more than others (W11).
    if (method !== 'GET' || !target.startsWith(READS) || headers.origin !== undefined) return false
    const actor = entrance.recall(bearerToken(headers.authorization), address)
    if (actor === null) return false
    const answer = reads.find(actor, target)
    if (answer === null || allowance.take(actor) > 0) return false
    if (isKnown(answer, headers['if-none-match'])) response.writeHead(304, answer.headersUnchanged).end()
    else response.writeHead(200, answer.headers).end(answer.body)
    return true
  }
