import type { Logger } from 'pino'
import type { Config } from '../settings/settings-schema.ts'
import type { RootKey } from '../setup/root-key.ts'
import { signInLinkMinutes, signInUrl } from '../setup/sign-in-link.ts'
import type { PrepareOptions } from './prepare.ts'
import type { ReachedDatabase } from './reach-database.ts'
import { writeRootToken } from './root-token-file.ts'

/**
 * Where a first start delivers the root token: to a file or, with the embedded database only, to
 * the terminal. A sign-in link goes to the terminal with it, if only this machine can reach the
 * console.
 */
export function rootTokenKeeper(
  config: Config,
  database: ReachedDatabase,
): Pick<PrepareOptions, 'keepRootToken' | 'issuesSignInLink'> {
  const path = config.ROOT_TOKEN_FILE
  if (path !== undefined) {
    let isOurs = false
    return {
      keepRootToken: async (token) => {
        await writeRootToken(path, token, isOurs)
        isOurs = true
      },
    }
  }
  if (!database.isEmbedded) return {}
  const issuesSignInLink = config.CONSOLE === 'on' && loopbackHosts.has(config.HOST)
  return { keepRootToken: async () => undefined, issuesSignInLink }
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/**
 * Announces what a first start has created, and how to use it. `address` is undefined when the
 * service cannot listen: the token is shown all the same, since it cannot be shown again.
 */
export function announceFirstStart(
  started: { readonly isFirstStart: boolean; readonly rootKey: RootKey | undefined },
  config: Config,
  database: ReachedDatabase,
  address: string | undefined,
  log: Logger,
): void {
  if (!started.isFirstStart) return
  if (started.rootKey === undefined) {
    log.warn(
      'no root key was issued: run `npm run admin -- issue-root-key`, or set ROOT_TOKEN_FILE before the first start',
    )
  } else if (config.ROOT_TOKEN_FILE !== undefined) {
    log.info({ file: config.ROOT_TOKEN_FILE }, 'wrote the root token')
  } else if (database.isEmbedded) {
    process.stdout.write(welcome(address, started.rootKey))
  }
}

function welcome(address: string | undefined, { token, signInSecret }: RootKey): string {
  const shown = `The root token grants every permission and is shown only once:\n\n  ${token}\n`
  if (address === undefined) return `\naeon-keys created its database.\n\n${shown}\n`
  const link =
    signInSecret === undefined
      ? ''
      : `Open the console. The link signs in once, within ${signInLinkMinutes} minutes, for one hour:\n\n  ${signInUrl(address, signInSecret)}\n\n`
  return `
aeon-keys is ready at ${address} (browse ${address}/docs)

${link}${shown}
Try it:

  curl -s ${address}/v1/me -H 'Authorization: Bearer ${token}'

`
}
