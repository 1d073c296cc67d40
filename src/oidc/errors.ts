/**
 * A provider that cannot be asked now, or answers what no provider may. It says nothing of a
 * user.
 */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable'
}

/** A sign-in that does not prove who signs in, whatever its sender says. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused'
}
