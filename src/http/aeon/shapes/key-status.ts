import type { KeyStatus } from '../../../domain/key/api-key.ts'
import { oneOf } from '../../schema-tools.ts'

export const keyStatuses = ['ACTIVE', 'EXPIRED', 'REVOKED'] as const

type AeonStatus = (typeof keyStatuses)[number]

export const ApiKeyStatusEnum = oneOf(keyStatuses, {
  $id: 'ApiKeyStatusEnum',
  description: 'Status of a key. A disabled key is `REVOKED`.',
})

/** The enum of the clients is strict and has no value for disabled keys, which show as revoked. */
export function toAeonStatus(status: KeyStatus): AeonStatus {
  switch (status) {
    case 'active':
      return 'ACTIVE'
    case 'expired':
      return 'EXPIRED'
    case 'revoked':
    case 'disabled':
      return 'REVOKED'
  }
}

/** The statuses of the service that each status of Aeon stands for. */
export const statusesOfAeon: Readonly<Record<AeonStatus, readonly KeyStatus[]>> = {
  ACTIVE: ['active'],
  EXPIRED: ['expired'],
  REVOKED: ['revoked', 'disabled'],
}
