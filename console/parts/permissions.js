import { get } from '../api.js'

/** @typedef {import('../types.js').Permission} Permission */

/**
 * All permissions that some permissions include.
 * @param {readonly string[]} names
 * @param {ReadonlyMap<string, Permission>} catalogue
 */
export function effectiveOf(names, catalogue) {
  const all = new Set(names)
  for (const name of all) for (const implied of catalogue.get(name)?.implies ?? []) all.add(implied)
  return [...all].sort()
}

/**
 * Every permission that there is, by its name.
 * @returns {Promise<ReadonlyMap<string, Permission>>}
 */
export async function readCatalogue() {
  const { permissions } = await get('/v1/permissions')
  return new Map(permissions.map((/** @type {Permission} */ one) => [one.name, one]))
}
