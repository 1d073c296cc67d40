import type { App } from '../http/app-type.ts'
import type { Config } from '../settings/settings-schema.ts'

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
    throw new Error(`Failed to listen on PORT ${PORT} of HOST ${HOST}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return 'another process uses the port (EADDRINUSE). Stop that process, or set another PORT; 0 takes any free port.'
    case 'EACCES':
      return 'permission denied (EACCES). Set a PORT of 1024 or higher.'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the machine does not have this address (${code}). Set HOST to an address of the machine, or to 0.0.0.0 for all.`
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
