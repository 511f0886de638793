/** The part of pino's interface that the program uses; any logger with these methods will do. */
type LogMethod = (details: Readonly<Record<string, unknown>>, message: string) => void

export interface Log {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}
