import type { Pool } from 'pg'

/**
 * All that introspection asks of an adapter, in a map. The one that comes with oidc-provider
 * forgets all but the last thousand tokens.
 */
export function createMemoryAdapter() {
  const stored = new Map<string, unknown>()
  return (model: string) => ({
    upsert: async (id: string, payload: unknown) => void stored.set(`${model} ${id}`, payload),
    find: async (id: string) => stored.get(`${model} ${id}`),
    destroy: async (id: string) => void stored.delete(`${model} ${id}`),
  })
}

/** The same in one table, by its primary key and prepared statements. */
export function createPgAdapter(pool: Pool) {
  return (model: string) => ({
    async upsert(id: string, payload: unknown, expiresInSeconds: number) {
      await pool.query({
        name: 'upsert',
        text: `
          insert into stored (model, id, payload, expires_at)
          values ($1, $2, $3, now() + $4 * interval '1 second')
          on conflict (model, id) do update
          set payload = excluded.payload, expires_at = excluded.expires_at`,
        values: [model, id, payload, expiresInSeconds],
      })
    },
    async find(id: string) {
      const { rows } = await pool.query({
        name: 'find',
        text: 'select payload from stored where model = $1 and id = $2 and expires_at > now()',
        values: [model, id],
      })
      return rows[0]?.payload
    },
    async destroy(id: string) {
      await pool.query('delete from stored where model = $1 and id = $2', [model, id])
    },
  })
}

export async function createTable(pool: Pool): Promise<void> {
  await pool.query(`
    create table stored (
      model text, id text, payload jsonb not null, expires_at timestamptz not null,
      primary key (model, id)
    )`)
}
