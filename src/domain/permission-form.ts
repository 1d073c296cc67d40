/** `resource:operation`, for example `cluster:read`. */
export const permissionPattern = '^[a-z][a-z0-9_]{0,62}:[a-z][a-z0-9_]{0,62}$'
const permissionForm = new RegExp(permissionPattern)

/** Whether a text has the form of a permission; the catalogue may not know the permission. */
export function isPermission(text: string): boolean {
  return permissionForm.test(text)
}
