/**
 * Asks who is signed in while the browser still loads the modules of the page, which could ask only
 * after the last of them. Imports nothing, so that it waits for nothing. Who opens the link of a
 * sign-in or an invitation is not signed in yet.
 * @type {Promise<Response> | undefined}
 */
let session = /^#(sign-in|invitation)=/.test(location.hash) ? undefined : askForSession()

/**
 * The answer that was asked for early; undefined at the second call, and for any other request.
 * @param {string} method
 * @param {string} path
 */
export function takeEarlyAnswer(method, path) {
  if (method !== 'GET' || path !== '/v1/session') return undefined
  const answer = session
  session = undefined
  return answer
}

function askForSession() {
  return fetch('/v1/session', {
    headers: { 'x-aeon-console': '1' },
    credentials: 'same-origin',
    cache: 'no-store',
  })
}
