/** Whether the page waits for the reader to give the key again. */
export const confirmation = { isAsked: false }

/**
 * What a button says while its work is under way.
 * @param {string} text
 */
export function busy(text) {
  return confirmation.isAsked ? 'Waiting for your key …' : text
}
