/** By operation and phase, how many requests had an answer of each status. */
export type Answers = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>
>

export interface AnswersOfOperation {
  readonly operation: string
  readonly asked: number
  readonly succeeded: number
  /** Whether there is much to generate. */
  readonly takesValues: boolean
}

/** Operations without parameters, body and token, or with nothing but an id. */
const plain = /^DELETE |^GET \/(?:livez|readyz|metrics|\.well-known\/[\w-]+)$/

/** Adds up the answers of each operation, over all phases. */
export function countAnswers(answers: Answers): AnswersOfOperation[] {
  return Object.entries(answers).map(([operation, phases]) => {
    const statuses = Object.values(phases).flatMap((counts) => Object.entries(counts))
    const sum = (entries: readonly (readonly [string, number])[]) =>
      entries.reduce((total, [, count]) => total + count, 0)
    return {
      operation,
      asked: sum(statuses),
      succeeded: sum(statuses.filter(([status]) => Number(status) < 400)),
      takesValues: !plain.test(operation),
    }
  })
}
