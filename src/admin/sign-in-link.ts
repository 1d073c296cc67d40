import { randomBytes } from 'node:crypto'
import { createLog } from '../process/log.ts'
import { openConfiguredDatabase } from '../process/prepare.ts'
import type { Config } from '../settings/settings-schema.ts'
import { issueSignInLink } from '../setup/issue-sign-in-link.ts'
import { signInUrl } from '../setup/sign-in-link.ts'
import type { Command } from './command.ts'
import { requireStartedDatabase } from './started-database.ts'

/** Issues a sign-in link to the console, and shows it. */
export const signInLinkCommand: Command = {
  summary: 'Print a link that signs in to the console once, as a platform admin key.',
  options: [],
  details:
    'The link works once, within 15 minutes, and the session lasts one hour. It signs in as the newest\nvalid key of the platform account with the role admin. It leads to PUBLIC_URL, or to PORT on this\nmachine.',
  async run({ config, files, connection }) {
    if (config.CONSOLE === 'off') throw new Error('CONSOLE is off: nobody can sign in.')
    const database = openConfiguredDatabase({ config, connection, log: createLog('warn') })
    try {
      await requireStartedDatabase(database.db)
      const deps = { now: () => new Date(), randomBytes, auditKeys: files.auditKeys }
      const link = await issueSignInLink(deps, database.db)
      const url = signInUrl(originOf(config), link.secret)
      const expiresAt = link.expiresAt.toISOString()
      return { text: url, json: { url, api_key_id: link.apiKeyId, expires_at: expiresAt } }
    } finally {
      await database.close()
    }
  },
}

/** Browsers may sign in over TLS, and on the machine of the service. */
function originOf({ PUBLIC_URL: publicUrl, PORT: port }: Config): string {
  return publicUrl !== undefined && /^https:/i.test(publicUrl)
    ? publicUrl
    : `http://127.0.0.1:${port}`
}
