/** The part of a logger that the private server needs. */
export interface Log {
  info(o: object, m: string): void
  warn(o: object, m: string): void
  error(o: object, m: string): void
}

/** What one run of PostgreSQL writes. */
export interface ServerLog {
  add(line: string): void
  /** From now on lines go to the service's log, those held back so far first. */
  release(): void
  /** The newest lines, whatever their level: the reason when a run fails. */
  lastLines(): string
}

/** Put before each line by PostgreSQL: which of its processes writes. */
export const LOG_LINE_PREFIX = '%b|'

const LINES_KEPT = 20

/**
 * Holds lines back until `release`, so that a start that fails tells its reason once, in its error.
 * Then warnings and errors go to `log`. What goes wrong in a session is dropped: the session is told,
 * and the line may quote the data of a statement.
 */
export function createServerLog(log: Log): ServerLog {
  const kept: string[] = []
  let keeping = true
  let released = false

  function add(line: string): void {
    const entry = parseLine(line)
    // A line of no entry continues the message before it.
    if (entry !== undefined) keeping = !isTalkOfSession(entry)
    if (!keeping) return
    kept.push(line)
    if (kept.length > LINES_KEPT) kept.shift()
    if (released) forward(line, log)
  }

  function release(): void {
    released = true
    for (const line of kept) forward(line, log)
  }

  return { add, release, lastLines: () => kept.join('\n') }
}

interface Entry {
  readonly backend: string
  readonly severity: string
  readonly text: string
}

function parseLine(line: string): Entry | undefined {
  const { backend, severity, text } = LINE.exec(line)?.groups ?? {}
  if (backend === undefined || severity === undefined || text === undefined) return undefined
  return { backend, severity, text }
}

const LINE = /^(?<backend>[^|]+)\|(?<severity>[A-Z]+): +(?<text>.*)$/

function isTalkOfSession({ backend, severity }: Entry): boolean {
  return SESSION.test(backend) && severity !== 'PANIC'
}

const SESSION = /client backend$|^parallel worker$/

function forward(line: string, log: Log): void {
  const entry = parseLine(line)
  if (entry === undefined) return
  const level = levelOf(entry)
  if (level === undefined) return
  log[level]({ postgres: entry.backend, severity: entry.severity }, entry.text)
}

function levelOf({ severity, text }: Entry): 'warn' | 'error' | undefined {
  if (severity === 'PANIC' || severity === 'FATAL') return 'error'
  if (severity === 'ERROR' || severity === 'WARNING') return 'warn'
  return text.includes('was terminated by signal') ? 'error' : undefined
}
