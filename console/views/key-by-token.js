import { get, Problem } from '../api.js'
import { accountPath } from '../state.js'

/**
 * The key of a token, as a page of a list. Whoever finds a token somewhere pastes it into the
 * search, where its public hint is left.
 * @param {string} hint
 * @returns {Promise<{ api_keys: import('../types.js').ApiKey[], next_cursor: null }>}
 */
export async function keyByToken(hint) {
  try {
    const { api_key: key } = await get(`${accountPath()}/api-keys/${hint}`)
    return { api_keys: [key], next_cursor: null }
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
    return { api_keys: [], next_cursor: null }
  }
}
