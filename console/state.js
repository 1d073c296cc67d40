import { get } from './api.js'

/**
 * Who is signed in, and in which account the page works.
 * @typedef {import('./types.js').SignedIn} SignedIn
 */

/**
 * @type {{
 *   signedIn: SignedIn | undefined,
 *   account: { id: string, name: string } | undefined,
 *   lost: string | undefined,
 * }} `lost`: the account in the URL, which could not be opened
 */
export const state = { signedIn: undefined, account: undefined, lost: undefined }

/**
 * Whether the service would let the reader do this: what it would refuse is not offered.
 * @param {string} permission
 */
export function may(permission) {
  return state.signedIn?.permissions.includes(permission) ?? false
}

/** What a person is called. @param {import('./types.js').User} user */
export function nameOfUser({ name, email, subject }) {
  return name ?? email ?? subject
}

/** What the reader is called: the person, or the key. */
export function nameOfReader() {
  const { user, api_key: key } = state.signedIn ?? {}
  return user ? nameOfUser(user) : key?.name
}

/** The account of the page, as the path under which the API has what belongs to it. */
export function accountPath() {
  return `/v1/accounts/${state.account?.id}`
}

/**
 * Opens the account that the URL names; without a name, the reader's own.
 * @param {string | null} id
 */
export async function openAccount(id) {
  const own = state.signedIn?.account
  state.lost = undefined
  if (id === null || id === own?.id) state.account = own
  else if (state.account?.id !== id) {
    try {
      state.account = (await get(`/v1/accounts/${encodeURIComponent(id)}`)).account
    } catch (error) {
      state.account = undefined
      state.lost = id
      throw error
    }
  }
}

/**
 * The page names an account as it is called since.
 * @param {import('./types.js').Account} renamed
 */
export function renameAccount(renamed) {
  const { signedIn, account } = state
  if (account?.id === renamed.id) state.account = renamed
  if (signedIn?.account.id === renamed.id) state.signedIn = { ...signedIn, account: renamed }
}
