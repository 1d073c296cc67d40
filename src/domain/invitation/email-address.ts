/**
 * An address that can be invited: the `addr-spec` of HTML (section 4.10.5.1.5), which has no quoted
 * texts, comments or letters beyond ASCII. Nothing of it can add a header or a recipient to a mail.
 */
export const emailPattern =
  "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*$"

/**
 * An e-mail address as it is compared: the letters A to Z are small. Mail servers may tell
 * `Ada@` from `ada@` (RFC 5321, section 2.4), and hardly one does. Other letters are left alone:
 * full case folding takes a Kelvin sign for a k, and so the address of one person for that of
 * another.
 */
export function foldEmail(email: string): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
