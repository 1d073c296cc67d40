import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

const ownFolder = join(import.meta.dirname, '../../migrations')

/** Changes that a later version may make to the tables while this version still runs. */
const expansion = `
alter table account add column region text;
alter table api_key add column owner_team text, add column rate_limit integer not null default 0;
alter table credential add column algorithm text not null default 'argon2id';
alter table change add column detail jsonb;
create table audit_note (
  account_id uuid not null references account (id),
  ordinal bigint not null,
  text text not null,
  primary key (account_id, ordinal)
);
create index api_key_by_team on api_key (account_id, owner_team);
`

/** The names of all our migrations, in order. */
export async function ownMigrations(): Promise<string[]> {
  const files = (await readdir(ownFolder)).filter((file) => file.endsWith('.sql'))
  return files.map((file) => file.slice(0, -'.sql'.length)).sort()
}

/**
 * A folder of all our migrations and one that the next version adds; removed at the end of the
 * test.
 */
export async function migrationsOfNextVersion(t: Test): Promise<string> {
  const folder = await migrationsUpTo(t, '9999')
  await writeFile(join(folder, '9999_of_the_next_version.sql'), expansion)
  return folder
}

/** A folder of our migrations before `end`, as an earlier version had them. */
export async function migrationsUpTo(t: Test, end: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-migrations-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const file of await readdir(ownFolder)) {
    if (file.endsWith('.sql') && file < end)
      await copyFile(join(ownFolder, file), join(folder, file))
  }
  return folder
}
