import { get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { accountPath, may } from '../state.js'
import { effectiveOf, readCatalogue } from './permissions.js'
import { fromLocalInput, readersZone, toLocalInput } from './time.js'
import { counted } from './words.js'

/** @typedef {import('../types.js').Role} Role */
/** @typedef {import('../types.js').Permission} Permission */
/** @typedef {import('../types.js').AllowList} AllowList */

/**
 * What a form about a key chooses from.
 * @typedef {object} Choices
 * @property {readonly Role[]} roles
 * @property {ReadonlyMap<string, Permission>} permissions
 * @property {AllowList[]} lists
 */

/** @returns {Promise<Choices>} */
export async function readChoices() {
  const [roles, permissions, lists] = await Promise.all([
    readAll('roles', 'roles'),
    readCatalogue(),
    may('allow_list:read') ? readAll('allow-lists', 'allow_lists') : [],
  ])
  return {
    roles,
    permissions,
    lists,
  }
}

/**
 * Every page of a list of the account.
 * @param {string} path
 * @param {string} member what the answer calls the list
 */
async function readAll(path, member) {
  const all = []
  /** @type {string | null} */
  let cursor = null
  do {
    const page = await get(pathOf(`${accountPath()}/${path}`, { limit: 200, sort: 'name', cursor }))
    all.push(...page[member])
    cursor = page.next_cursor
  } while (cursor !== null)
  return all
}

/**
 * @param {Choices} choices
 * @param {string} chosen id of the role
 * @param {(id: string) => void} choose
 */
export function roleField({ roles, permissions }, chosen, choose) {
  const role = roles.find(({ id }) => id === chosen)
  const effective = role === undefined ? [] : effectiveOf(role.permissions, permissions)
  const isSensitive = (/** @type {string} */ name) => permissions.get(name)?.sensitive === true
  return html`<label>Role
      <select name="role" required @change=${(/** @type {any} */ event) => choose(event.target.value)}>
        <option value="" ?selected=${chosen === ''}>Select a role</option>
        ${roles.map(({ id, name }) => html`<option value=${id} ?selected=${id === chosen}>${name}</option>`)}
      </select>
    </label>
    ${
      role === undefined
        ? nothing
        : html`<details class="inset">
            <summary>What the role may do: ${counted(effective.length, 'permission')}${effective.some(isSensitive) ? ', some of them sensitive' : ''}</summary>
            <ul class="permissions">${effective.map((name) => html`<li title=${permissions.get(name)?.description ?? ''}>${permissions.get(name)?.title ?? name}${isSensitive(name) ? html` <span class="badge warn">sensitive</span>` : ''}</li>`)}</ul>
          </details>`
    }`
}

/**
 * Never, on a date or, for a new key, after a duration.
 * @param {{ kind: string, amount: string, unit: string, date: string }} expiry
 * @param {() => void} update
 * @param {{ hasDuration: boolean }} options
 */
export function expiryField(expiry, update, { hasDuration }) {
  const radio = (
    /** @type {string} */ kind,
    /** @type {unknown} */ label,
  ) => html`<label class="choice">
      <input type="radio" name="expiry" value=${kind} .checked=${expiry.kind === kind} @change=${() => set({ kind })} /> ${label}
    </label>`
  const set = (/** @type {Partial<typeof expiry>} */ values) => {
    Object.assign(expiry, values)
    update()
  }
  return html`<fieldset>
    <legend>Expiration</legend>
    ${
      hasDuration
        ? html`${radio('after', 'After a duration')}
          ${
            expiry.kind === 'after'
              ? html`<div class="row inset">
                  <label class="hidden" for="amount">Number</label>
                  <input id="amount" type="number" min="1" max="10000" required .value=${expiry.amount} @input=${(/** @type {any} */ event) => set({ amount: event.target.value })} />
                  <label class="hidden" for="unit">Unit</label>
                  <select id="unit" @change=${(/** @type {any} */ event) => set({ unit: event.target.value })}>
                    ${['hours', 'days', 'months'].map((unit) => html`<option ?selected=${unit === expiry.unit}>${unit}</option>`)}
                  </select>
                </div>`
              : nothing
          }`
        : nothing
    }
    ${radio('date', 'On a date')}
    ${
      expiry.kind === 'date'
        ? html`<label class="inset">Date and time (${readersZone})
            <input type="datetime-local" required .value=${expiry.date} @input=${(/** @type {any} */ event) => set({ date: event.target.value })} />
          </label>`
        : nothing
    }
    ${radio('never', 'Never expire')}
  </fieldset>`
}

/** The state of the field for an expiry. @param {string | null} expiresAt */
export function expiryOf(expiresAt) {
  return {
    kind: expiresAt === null ? 'never' : 'date',
    amount: '90',
    unit: 'days',
    date: toLocalInput(expiresAt),
  }
}

/** @param {{ kind: string, amount: string, unit: string, date: string }} expiry */
export function toExpiresAt({ kind, amount, unit, date }) {
  if (kind === 'never') return null
  if (kind === 'date') return fromLocalInput(date) ?? null
  const at = new Date()
  const count = Number(amount)
  if (unit === 'hours') at.setHours(at.getHours() + count)
  else if (unit === 'days') at.setDate(at.getDate() + count)
  else addMonths(at, count)
  return at.toISOString()
}

/** A month that lacks the day ends with its last one. @param {Date} at @param {number} count */
function addMonths(at, count) {
  const day = at.getDate()
  at.setMonth(at.getMonth() + count)
  if (at.getDate() !== day) at.setDate(0)
}

/**
 * Any address, or those of chosen lists; a list can be made on the way.
 * @param {Choices} choices
 * @param {{ isRestricted: boolean, lists: Set<string> }} reach
 * @param {() => void} update
 */
export function reachField(choices, reach, update) {
  const set = (/** @type {boolean} */ isRestricted) => () => {
    reach.isRestricted = isRestricted
    update()
  }
  const toggle = (/** @type {string} */ id) => (/** @type {any} */ event) => {
    if (event.target.checked) reach.lists.add(id)
    else reach.lists.delete(id)
    update()
  }
  // One may have been made whose answer was lost.
  const readLists = async () => {
    try {
      choices.lists = await readAll('allow-lists', 'allow_lists')
      update()
    } catch {
      // Those that were read before are still there to be chosen.
    }
  }
  const makeList = async () => {
    const { createList } = await import('../views/edit-list.js')
    createList((list) => {
      choices.lists.push(list)
      reach.lists.add(list.id)
      update()
    }, readLists)
  }
  return html`<fieldset>
    <legend>Access</legend>
    <label class="choice"><input type="radio" name="reach" .checked=${!reach.isRestricted} @change=${set(false)} /> Allow all IP addresses</label>
    <label class="choice"><input type="radio" name="reach" .checked=${reach.isRestricted} @change=${set(true)} /> Restrict to trusted IP addresses only</label>
    ${
      reach.isRestricted
        ? html`<div class="inset" role="group" aria-label="Select IP Allow List">
            ${choices.lists.length === 0 ? html`<p class="quiet">The account has no allow list yet.</p>` : nothing}
            ${choices.lists.map(
              ({ id, name, entries }) => html`<label class="choice">
                <input type="checkbox" .checked=${reach.lists.has(id)} @change=${toggle(id)} /> ${name}
                <span class="quiet">${entries.slice(0, 3).join(', ')}${entries.length > 3 ? ` and ${entries.length - 3} more` : ''}</span>
              </label>`,
            )}
            ${may('allow_list:create') ? html`<button type="button" @click=${makeList}>New allow list …</button>` : nothing}
          </div>`
        : nothing
    }
  </fieldset>`
}
