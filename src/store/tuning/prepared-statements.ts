const names = new Map<string, string>()

/**
 * Has each connection keep the plan of a statement that it has once run, by a prepared statement
 * (PostgreSQL, "Extended Query"): for one that is asked all the time, outside of transactions, and whose
 * text never varies. Gives the text back.
 */
export function preparePlan(text: string): string {
  if (!names.has(text)) names.set(text, `aeon_keys_${names.size + 1}`)
  return text
}

/** The name of the prepared statement, if the plan is to be kept. */
export function planNameOf(text: string): string | undefined {
  return names.get(text)
}

/** What a server says that does not know the statement, has it already, or has altered what it reads. */
const lossCodes = new Set(['26000', '42P05', '0A000'])

/**
 * Whether a plan could not be kept: a pooler lends other connections than it was prepared on, or a
 * migration altered its result. Nothing was run then.
 */
export function isPlanLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lossCodes.has(String(error.code))
}
