import type { Moment } from '../domain/protocol/lease.ts'
import type { Command, Result } from './commands.ts'

/** A part of a protocol: yields commands, is resumed with their results, returns a T. */
export type Steps<T> = Generator<Command, T, Result>

type ResultOf<Kind extends Result['kind']> = Result & { readonly kind: Kind }

/**
 * A protocol without I/O and without promises, stepped from outside: a driver executes the command
 * that `next` returns, and gives its result to `on`. The order of the protocol is the order of
 * `run`.
 */
export abstract class Coroutine {
  /** When the latest result came: never later than the next command is executed. */
  protected now: Moment = { monotonic: 0, wall: 0 }
  #steps: Steps<void> | undefined
  #command: Command = { kind: 'end' }

  protected abstract run(): Steps<void>

  /** The command to execute now: the same one until its result came. */
  next(): Command {
    if (this.#steps === undefined) {
      this.#steps = this.run()
      this.#resume(this.#steps.next())
    }
    return this.#command
  }

  /** Takes the result of the command that `next` returned, and when the result came. */
  on(result: Result, now: Moment): void {
    this.now = now
    const steps = this.#steps
    if (steps === undefined) throw new Error('No command was asked for yet.')
    this.#resume(result.kind === 'failed' ? steps.throw(result.error) : steps.next(result))
  }

  #resume({ done, value }: IteratorResult<Command, void>): void {
    this.#command = done === true ? { kind: 'end' } : value
  }
}

/**
 * Yields one command and returns its result. The result `failed` is thrown where the command was
 * yielded.
 */
export function* ask<Kind extends Result['kind']>(
  command: Command & { readonly kind: Kind },
): Steps<ResultOf<Kind>> {
  const result = yield command
  if (!isOfKind(result, command.kind)) {
    throw new Error(`A result of ${command.kind} was expected, not of ${result.kind}.`)
  }
  return result
}

function isOfKind<Kind extends Result['kind']>(
  result: Result,
  kind: Kind,
): result is ResultOf<Kind> {
  return result.kind === kind
}
