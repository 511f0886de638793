/**
 * What every driver of the `Storage` port must do (S4). A driver's own test calls `storageContract` with a
 * way to open an empty store on `contractSchema`.
 */
import { describe } from 'vitest'
import { auditContract } from './storage/audit-contract.ts'
import { changeLogContract } from './storage/change-log-contract.ts'
import { commitContract } from './storage/commit-contract.ts'
import { compactionContract } from './storage/compaction-contract.ts'
import { compartmentContract } from './storage/compartment-contract.ts'
import { conflictContract } from './storage/conflict-contract.ts'
import { erasureContract } from './storage/erasure-contract.ts'
import { inspectionContract } from './storage/inspection-contract.ts'
import { projectionContract } from './storage/projection-contract.ts'
import { recordContract } from './storage/record-contract.ts'
import { revocationContract } from './storage/revocation-contract.ts'
import { searchContract } from './storage/search-contract.ts'
import type { OpenSubject } from './storage/subject.ts'
import { textContract } from './storage/text-contract.ts'

export type { ContractSubject, OpenSubject } from './storage/subject.ts'
export { contractSchema } from './storage/subject.ts'

export function storageContract(name: string, open: OpenSubject): void {
  describe(`storage contract: ${name}`, () => {
    commitContract(open)
    compartmentContract(open)
    textContract(open)
    recordContract(open)
    changeLogContract(open)
    conflictContract(open)
    searchContract(open)
    projectionContract(open)
    auditContract(open)
    revocationContract(open)
    erasureContract(open)
    compactionContract(open)
    inspectionContract(open)
  })
}
