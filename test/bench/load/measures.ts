// What measurements are made with.

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** @param share from 0 to 1. NaN of no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const p50 = (values: readonly number[]): number => quantile(values, 0.5)
export const p99 = (values: readonly number[]): number => quantile(values, 0.99)
export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
