// Runs in every client's page: starts the client as its address says, and notes when all of the content is shown, counted
// from when the browser began to load the page.

export interface BenchClient {
  /** Names the document that was opened, where the client has made the name. */
  readonly document?: string
  /** What is shown now. */
  read(): string | null
  write(content: readonly string[]): void
  onChange(listener: () => void): void
}

export interface Opening {
  readonly port: string
  readonly kind: 'text' | 'record'
  /** Empty if there is none yet. */
  readonly document: string
}

const PIECES = 200
const PIECE =
  'The quick brown fox jumps over the lazy dog, and the dog does not mind being jumped over at all, so. '

/** What is written, a piece at a time: of a record the pieces are the values of its fields. */
const contents = {
  text: Array.from({ length: PIECES }, () => PIECE),
  record: ['Pump of the second floor', '12.5', '5 mg', 'urgent'],
} as const

export async function runClient(start: (opening: Opening) => Promise<BenchClient>): Promise<void> {
  const query = new URLSearchParams(location.search)
  const kind = query.get('kind') === 'record' ? 'record' : 'text'
  const content = contents[kind]
  const client = await start({ port: query.get('port') ?? '', kind, document: query.get('document') ?? '' })
  const look = (): void => {
    if (!('shownMs' in globalThis) && client.read() === content.join('')) {
      const { document = 'bench' } = client
      Object.assign(globalThis, { shownMs: performance.now(), opened: document })
    }
  }
  client.onChange(look)
  if (query.has('writes')) client.write(content)
  look()
}
