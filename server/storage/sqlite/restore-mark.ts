/**
 * The mark that a restore leaves while the files of a store are being exchanged. Between the first and the last
 * rename the folder holds parts of two stores, so none is opened until the restore has been run again.
 */
import { existsSync } from 'node:fs'

export const restoreMarkOf = (file: string): string => `${file}-restoring`

/** @throws Error if a restore was cut short. */
export function refuseHalfRestored(file: string): void {
  if (existsSync(restoreMarkOf(file)))
    throw new Error(
      `A restore of ${file} was cut short. Run the same \`sluice restore\` again; it completes.`,
    )
}
