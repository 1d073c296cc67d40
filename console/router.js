/**
 * The URL says what the page shows: the view, and in the query its filters, order and page. So the
 * browser's Back works, and a page can be sent to somebody.
 */

import { state } from './state.js'

const base = '/console'

/** What the page does when the URL has changed. */
export const navigation = { changed: () => {} }

/** The name of the view in the URL. */
export function viewName() {
  return location.pathname.slice(base.length + 1) || 'keys'
}

/**
 * The URL of a view, in the account that the page shows; of the reader's own if there is none.
 * @param {string} view
 * @param {Record<string, string>} [query]
 */
export function hrefOf(view, query = {}) {
  const account = new URLSearchParams(location.search).get('account')
  const isKept = account !== null && account !== state.lost
  const search = new URLSearchParams({ ...query, ...(isKept && { account }) })
  return `${base}/${view}${search.size > 0 ? `?${search}` : ''}`
}

/**
 * The URL of this view with other values in the query; null removes one.
 * @param {Record<string, string | null>} changes
 */
export function hrefWith(changes) {
  const search = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') search.delete(name)
    else search.set(name, value)
  }
  return `${location.pathname}${search.size > 0 ? `?${search}` : ''}`
}

/**
 * Goes to a URL of the console.
 * @param {string} href
 * @param {{ replace?: boolean }} [options]
 */
export function go(href, { replace = false } = {}) {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  navigation.changed()
}

/**
 * Takes a value out of the URL and shows nothing anew: what a reader has opened stays open.
 * @param {string} name
 */
export function forget(name) {
  history.replaceState(null, '', hrefWith({ [name]: null }))
}

/** Lets links within the console change the page without loading it again. */
export function followLinks() {
  addEventListener('popstate', () => navigation.changed())
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.target !== '' || link.hasAttribute('download')) return
    if (link.origin !== location.origin || !isOfConsole(link.pathname)) return
    // A link of an invitation or a sign-in: the page reads its fragment.
    if (link.hash !== '') return
    event.preventDefault()
    go(link.pathname + link.search)
  })
}

/** @param {string} path */
function isOfConsole(path) {
  return path === base || path.startsWith(`${base}/`)
}
