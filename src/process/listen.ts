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
    const reason = reasonNotToListen(error, { port: 'PORT', host: 'HOST' })
    throw new Error(`Failed to listen on PORT ${PORT} of HOST ${HOST}: ${reason}`, {
      cause: error,
    })
  }
}

/** Why a process cannot listen on a port, with the remedy in the names of the settings. */
export function reasonNotToListen(
  error: unknown,
  { port, host }: { readonly port: string; readonly host: string },
): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `another process uses the port (EADDRINUSE). Stop that process, or set another ${port}; 0 takes any free port.`
    case 'EACCES':
      return `permission denied (EACCES). Set a ${port} of 1024 or higher.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the machine does not have this address (${code}). Set ${host} to an address of the machine, or to 0.0.0.0 for all.`
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
