/**
 * Says that a text is too long, rather than cut it. The API counts characters as Unicode does; the
 * attribute maxlength would count some of them twice.
 * @param {Event} event
 */
export function limitLength({ target }) {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return
  const most = Number(target.dataset.most)
  if (!most) return
  const length = [...target.value.trim()].length
  target.setCustomValidity(length > most ? `At most ${most} characters. These are ${length}.` : '')
}
