/**
 * Tokens in texts. Only the field of the sign-in page takes a token; anywhere else a pasted token
 * becomes its hint, so that no form, URL or log ever holds one.
 */

/** As src/domain/token/redaction.ts has it: a hint with a part of a secret, or a JWT. */
const token =
  /([a-z][a-z0-9]{0,15}_(?!eyJ)[0-9A-Za-z]{22})(?=[0-9A-Za-z]{8})[\w.-]+|eyJ(?=[\w-]{8})[\w.-]+/g

/**
 * A text with every token cut to its public hint.
 * @param {string} text
 * @returns {string}
 */
export function cutTokens(text) {
  return text.replace(token, (found, hint) => hint ?? hintInside(found))
}

/**
 * Cuts pasted tokens in every field of the page but those that say they take one.
 * @param {() => void} onCut
 */
export function guardFields(onCut) {
  document.addEventListener(
    'input',
    ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return
      if (target.dataset.takes === 'token') return
      const cut = cutTokens(target.value)
      if (cut === target.value) return
      target.value = cut
      onCut()
    },
    { capture: true },
  )
}

/**
 * The hint of the token inside a JWT; empty if there is none.
 * @param {string} jwt
 * @returns {string}
 */
function hintInside(jwt) {
  try {
    const payload = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { tok } = JSON.parse(atob(payload))
    return typeof tok === 'string' && !tok.startsWith('eyJ') ? cutTokens(tok) : ''
  } catch {
    return ''
  }
}
