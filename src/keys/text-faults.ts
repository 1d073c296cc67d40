import { descriptionFault, nameFault, nameMessage } from '../domain/name.ts'
import type { Fault } from '../errors.ts'

export const maxNameLength = 120
export const maxDescriptionLength = 1000

/** The rule that a name breaks, if any, as a fault of the field. */
export function nameFaults(field: string, name: string): Fault[] {
  const rule = nameFault(name, maxNameLength)
  return rule === undefined ? [] : [{ field, rule, message: nameMessage(rule) }]
}

/** The rule that a description or a reason breaks, if any, as a fault of the field. */
export function descriptionFaults(field: string, description: string): Fault[] {
  const rule = descriptionFault(description, maxDescriptionLength)
  return rule === undefined ? [] : [{ field, rule, message: nameMessage(rule) }]
}
