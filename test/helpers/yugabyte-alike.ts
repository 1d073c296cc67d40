import { type ClientBase, escapeLiteral } from 'pg'

/**
 * Makes a database answer `version()` as YugabyteDB does, for sessions from now on: a function of
 * ours hides that of the server.
 */
export async function answerAsYugabyte(client: ClientBase, version: string): Promise<void> {
  const text = `PostgreSQL 15.12-YB-${version}-b0 on x86_64-pc-linux-gnu, compiled by clang, 64-bit`
  const { rows } = await client.query<{ name: string }>('select current_database() as name')
  await client.query(`
    create or replace function version() returns text language sql stable
      as ${escapeLiteral(`select ${escapeLiteral(text)}::text`)};
    alter database ${rows[0]?.name} set search_path = public, pg_catalog`)
}
