import type { App } from '../http/app-type.ts'
import type { Config } from '../settings/settings-schema.ts'
import { reasonNotToListen } from './reason-not-to-listen.ts'

/**
 * Listens where the settings say, and returns the address. Throws an Error that names the settings
 * and the remedy.
 */
export async function listen(
  app: App,
  { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>,
): Promise<string> {
  try {
    return await app.listen({ host: HOST, port: PORT })
  } catch (error) {
    const reason = reasonNotToListen(error, { port: 'PORT', host: 'HOST' })
    throw new Error(`Failed to listen on PORT ${PORT} of HOST ${HOST}: ${reason}`, {
      cause: error,
    })
  }
}
