/** Who may send statements, read from the sources: what no type and no rule of Biome can refuse. */

const builders = [
  'insertInto',
  'replaceInto',
  'updateTable',
  'deleteFrom',
  'mergeInto',
  'selectFrom',
  'selectNoFrom',
  'startTransaction',
  'executeQuery',
  'getExecutor',
  'createTable',
  'alterTable',
  'dropTable',
].join('|')

/** The builders of Kysely by their names, however they are reached; and methods of other names. */
const statement = new RegExp(
  `\\b(?:${builders})\\b|\\.(?:transaction|connection)\\(\\s*\\)|\\.query\\(`,
)

/** Statements that write; the locks of a SELECT (FOR UPDATE) do not. */
const write =
  /\.(?:insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(|\b(?:insert\s+into|delete\s+from|merge\s+into|truncate)\s|(?<!\bfor\s+)(?<!\bkey\s+)\bupdate\s+(?!of\b|skip\b|nowait\b|`)[$a-z_"]/

/**
 * The numbers of the lines, from 1, on which a file of src/ builds or sends a statement, though it
 * may not: every holder of the database could, without an import. Only store/ does, and embedded/
 * for the server that it starts.
 */
export function strayStatements(path: string, source: string): readonly number[] {
  if (/^src\/(?:store|embedded)\//.test(path)) return []
  return withoutComments(source)
    .split('\n')
    .flatMap((line, index) => (statement.test(line) ? [index + 1] : []))
}

/**
 * The functions and classes of a file of src/store/ that write without a transaction of an act:
 * none of these asks for a StoreTransaction, which only act() gives.
 */
export function plainWrites(source: string): readonly string[] {
  const declarations = withoutComments(source).split(
    /\n(?=(?:export|async|function|class|const)\b)/,
  )
  return declarations
    .filter((text) => write.test(text) && !/\btrx: StoreTransaction\b/.test(text))
    .map((text) => /\b(?:function|class|const)\s+(\w+)/.exec(text)?.[1] ?? text.slice(0, 60))
}

/** Each comment becomes as many empty lines. */
function withoutComments(source: string): string {
  const comment = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g
  return source.replaceAll(comment, (text) => text.replaceAll(/[^\n]/g, ''))
}
