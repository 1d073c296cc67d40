import { Type } from 'typebox'

/** What keys are made of, and the files of secrets. */
export const keySettings = {
  ROOT_TOKEN_FILE: Type.Optional(
    Type.String({
      description:
        'File to which the first start writes the root token. The file must not exist; only its owner can read the file.',
    }),
  ),
  PEPPER_FILE: Type.Optional(
    Type.String({
      description: 'File of peppers, one `id:base64` per line, the current pepper first.',
    }),
  ),
  AUDIT_KEY_FILE: Type.Optional(
    Type.String({
      description:
        'File of audit keys, one `id:base64` per line, the current key first. The entry hashes of the audit log are computed with these keys, so that only a holder can forge entries.',
    }),
  ),
  TOKEN_PREFIX: Type.String({
    default: 'aeon',
    pattern: '^[a-z][a-z0-9]{0,15}$',
    description: 'Prefix of new tokens.',
  }),
  PERMISSIONS_FILE: Type.Optional(
    Type.String({
      description: 'File with a permission catalogue that replaces the built-in catalogue.',
    }),
  ),
  EXPIRY_WARNING_DAYS: Type.Integer({
    default: 7,
    minimum: 0,
    maximum: 3_650,
    description:
      'Days before the expiry of a key from which verdicts carry the warning `expires_soon`. 0: no warning.',
  }),
  SELF_ROTATION_MAX_OVERLAP_SECONDS: Type.Integer({
    default: 86_400,
    minimum: 0,
    maximum: 2_592_000,
    description: 'Maximum overlap, in seconds, that a key may request when the key rotates itself.',
  }),
}
