import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { redactTokens } from '../domain/token/redaction.ts'
import { createLogOutput } from './log-output.ts'

/**
 * The log: JSON lines with times in RFC 3339. Fields that hold credentials are redacted by name,
 * and anything that looks like a token is redacted in the finished line, wherever it came from.
 */
export function createLog(level: string, destination = standardOutput()): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        '*.authorization',
        '*.token',
        '*.secret',
        '*.password',
        'token',
        'secret',
        'password',
      ],
      censor: '[redacted]',
    },
    hooks: { streamWrite: redactTokens },
  }
  return pino(options, destination)
}

let output: DestinationStream | undefined

/**
 * Where the logs of this process go, and what its workers write: one output, since each adds an
 * error listener to the stream.
 */
export function standardOutput(): DestinationStream {
  output ??= createLogOutput(process.stdout)
  return output
}
