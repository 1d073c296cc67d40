import { Problem } from '../api.js'

/**
 * Waits for a module that is needed before the service is asked for a change.
 * @template T
 * @param {Promise<T>} module
 */
export async function loaded(module) {
  try {
    return await module
  } catch {
    throw new Problem({
      status: 0,
      code: 'unreachable',
      detail:
        'A part of the console could not be loaded, and nothing was changed. Try again, or reload the page: the service may have been updated.',
    })
  }
}
