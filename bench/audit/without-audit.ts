/** Loaded before the service: leaves its acts as they are, but drops their events. */
import { registerHooks } from 'node:module'

registerHooks({
  load: (url, context, nextLoad) =>
    url.endsWith('/src/acts/append-events.ts')
      ? {
          format: 'module',
          source: 'export async function appendEvents() {}',
          shortCircuit: true,
        }
      : nextLoad(url, context),
})
