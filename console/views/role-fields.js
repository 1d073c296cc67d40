import { html, nothing } from '../lit-html.js'
import { may } from '../state.js'

/** @typedef {import('../types.js').Permission} Permission */

/**
 * The permissions of a role, by what they are about. A reader may give only what they have.
 * @param {ReadonlyMap<string, Permission>} catalogue
 * @param {Set<string>} chosen
 * @param {() => void} update
 */
export function permissionFields(catalogue, chosen, update) {
  /** @param {string} name */
  const toggle = (name) => (/** @type {any} */ event) => {
    if (event.target.checked) chosen.add(name)
    else chosen.delete(name)
    update()
  }
  return [...groupsOf(catalogue)].map(
    ([resource, permissions]) => html`<fieldset>
      <legend>${resource.replaceAll('_', ' ')}</legend>
      ${permissions.map(
        ({
          name,
          title,
          sensitive,
          description,
        }) => html`<label class="choice" title=${description}>
          <input type="checkbox" .checked=${chosen.has(name)} ?disabled=${!may(name) && !chosen.has(name)} @change=${toggle(name)} />
          ${title} <code class="quiet">${name}</code> ${sensitive ? html`<span class="badge warn">sensitive</span>` : nothing}
        </label>`,
      )}
    </fieldset>`,
  )
}

/** @param {ReadonlyMap<string, Permission>} catalogue */
function groupsOf(catalogue) {
  /** @type {Map<string, Permission[]>} */
  const groups = new Map()
  for (const permission of catalogue.values()) {
    const [resource = ''] = permission.name.split(':')
    groups.set(resource, [...(groups.get(resource) ?? []), permission])
  }
  return groups
}
