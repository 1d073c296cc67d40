/** The part of a logger that the embedded server needs. */
export interface Log {
  info(o: object, m: string): void
  warn(o: object, m: string): void
  error(o: object, m: string): void
}

/** The log of one run of PostgreSQL. */
export interface ServerLog {
  add(line: string): void
  /** Sends lines to the service's log from now on, beginning with those held back. */
  release(): void
  /** The newest lines, of any level: the reason when a run fails. */
  lastLines(): string
}

/** The prefix that PostgreSQL puts before each line: which of its processes wrote the line. */
export const LOG_LINE_PREFIX = '%b|'

const LINES_KEPT = 20

/**
 * Holds lines back until `release`, so that a start that fails reports its reason once, in its
 * error. After that, warnings and errors go to `log`. Errors of a session are dropped: the session
 * receives them, and the line may quote the data of a statement.
 */
export function createServerLog(log: Log): ServerLog {
  const kept: string[] = []
  let keeping = true
  let released = false

  function add(line: string): void {
    const entry = parseLine(line)
    // A line without a prefix continues the message before it.
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
