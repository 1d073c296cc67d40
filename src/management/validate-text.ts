import { pointerStep } from '../domain/json-pointer.ts'
import { faultsOfMetadata, type Metadata } from '../domain/key/metadata.ts'
import { maxDescriptionLength, maxMetadataBytes, maxNameLength } from '../domain/limits.ts'
import { descriptionFault, nameFault, nameMessage } from '../domain/name.ts'
import { type Fault, ServiceError } from '../errors.ts'

/** The rule that a name breaks, if any, as a fault of the field. */
export function nameFaults(field: string, name: string): Fault[] {
  const rule = nameFault(name, maxNameLength)
  return rule === undefined
    ? []
    : [{ field, rule, message: nameMessage(rule, name, maxNameLength) }]
}

/** The refusal of a name that differs from another, and looks the same. */
export function looksTaken(what: 'key' | 'role' | 'allow list'): ServiceError {
  const holder = `Another ${what} of the account has a name that looks the same.`
  const message = `${holder}${what === 'key' ? ' It may be disabled.' : ''} Choose another name.`
  return new ServiceError('name_taken', message, [{ field: '/name', rule: 'looks_taken', message }])
}

/** The rule that a description or a reason breaks, if any, as a fault of the field. */
export function descriptionFaults(field: string, description: string): Fault[] {
  const rule = descriptionFault(description, maxDescriptionLength)
  return rule === undefined
    ? []
    : [{ field, rule, message: nameMessage(rule, description, maxDescriptionLength) }]
}

/** The rules that a map of metadata breaks, each as a fault of the entry, or of the whole. */
export function metadataFaults(field: string, metadata: Metadata): Fault[] {
  return faultsOfMetadata(metadata).map((fault) => {
    if (fault.kind === 'size') {
      const message = `The metadata must be at most ${maxMetadataBytes} bytes of JSON.`
      return { field, rule: 'max_bytes', message }
    }
    const what = fault.kind === 'name' ? 'Metadata name' : 'Metadata value'
    const text = fault.kind === 'name' ? fault.name : (metadata[fault.name] ?? '')
    const max = fault.kind === 'name' ? maxNameLength : maxMetadataBytes
    const message = `${what}: ${nameMessage(fault.rule, text, max)}`
    return { field: `${field}/${pointerStep(fault.name)}`, rule: fault.rule, message }
  })
}
