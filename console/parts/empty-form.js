/**
 * Empties the form around a link that leads to the page without filters: the page does not know
 * what was typed and not sent.
 * @param {Event} event
 */
export function emptyForm({ currentTarget: link }) {
  if (link instanceof Element) link.closest('form')?.reset()
}
