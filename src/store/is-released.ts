import { sql } from 'kysely'

/** Whether an expired key has released its name, its role and its lists (releaseExpired). */
export const isReleased = sql<boolean>`(api_key.live is null and api_key.revoked_at is null)`
