import { counted } from './words.js'

/** @typedef {import('../types.js').AuditEvent} AuditEvent */

/**
 * What the event of a denial says; undefined for other events.
 * @param {AuditEvent} event
 * @returns {{ reason: string, count: number, hour: string, address: string | null } | undefined}
 */
export function denialOf({ action, after }) {
  if (action !== 'api_key.denied' || after === null) return undefined
  const { reason, count, hour, client_ip: address } = after
  return {
    reason: String(reason ?? '').replaceAll('_', ' '),
    count: Number(count ?? 1),
    hour: String(hour ?? ''),
    address: typeof address === 'string' ? address : null,
  }
}

/**
 * The address of the request; of a denial, the one from which the key was presented.
 * @param {AuditEvent} event
 */
export function addressOf(event) {
  return denialOf(event)?.address ?? event.client_ip
}

/**
 * Why it was done; of a denial, why the key was not let in, and how often; empty: not said.
 * @param {AuditEvent} event
 */
export function reasonOf(event) {
  const denial = denialOf(event)
  if (denial === undefined) return event.reason ?? ''
  return `${denial.reason}, ${counted(denial.count, 'attempt')}`
}
