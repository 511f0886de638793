/** Now, ISO 8601. Written anew once in a millisecond only: it is asked for with every keystroke of everybody. */
export function isoClock(): () => string {
  let writtenAt = Number.NaN
  let written = ''
  return () => {
    const now = Date.now()
    if (now !== writtenAt) {
      writtenAt = now
      written = new Date(now).toISOString()
    }
    return written
  }
}
