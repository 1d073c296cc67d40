const names = new Map<string, string>()

/**
 * Marks a statement to be prepared once on each connection (PostgreSQL, "Extended Query"), which
 * then keeps its plan: for a statement that runs all the time, outside of transactions, and whose
 * text never varies. Returns the text.
 */
export function markPrepared(text: string): string {
  if (!names.has(text)) names.set(text, `aeon_keys_${names.size + 1}`)
  return text
}

/** The name of the prepared statement, if the text is marked. */
export function preparedNameOf(text: string): string | undefined {
  return names.get(text)
}

/**
 * The errors of a server that does not know the prepared statement, has it already, or whose tables
 * changed.
 */
const lossCodes = new Set(['26000', '42P05', '0A000'])

/**
 * Whether a prepared statement was lost: a pooler switched connections, or a migration changed the
 * result. The statement did not run.
 */
export function isPreparedStatementLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lossCodes.has(String(error.code))
}
