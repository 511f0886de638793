/** The SQLite driver's part of the port that keeps revocations. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Revocation, RevocationKey, RevocationStore } from '../../auth/revocation.ts'
import { scanRevocations } from './revocation-rows.ts'
import type { Statements } from './statements.ts'
import type { WriteQueue } from './write-queue.ts'

export class SqliteRevocations implements RevocationStore {
  readonly #sql: Statements
  readonly #queue: Pick<WriteQueue, 'submit'>

  /** @param sql of the connection that reads. */
  constructor(sql: Statements, queue: Pick<WriteQueue, 'submit'>) {
    this.#sql = sql
    this.#queue = queue
  }

  async keep(revocation: Revocation): Promise<void> {
    const result = await this.#queue.submit({ type: 'keep-revocation', revocation })
    if (result.status === 'failed') throw new SluiceError('store_unavailable', result.reason)
  }

  async scan(after: RevocationKey | null, limit: number): Promise<readonly Revocation[]> {
    return scanRevocations(this.#sql, after, limit)
  }
}
