/** Why a write may not be: the code of the rule that it breaks, and a sentence that names the field. */
import type { ErrorCode } from '../errors/error-table.ts'

export interface Violation {
  readonly code: ErrorCode
  readonly reason: string
}
