import { Type } from 'typebox'
import { ref } from '../../schema-tools.ts'
import { ApiKeyBody } from './api-key.ts'
import { ReceiptBody } from './receipt.ts'

/** The answer of every change that may narrow a key. */
export const ChangedApiKey = Type.Object(
  { api_key: ref(ApiKeyBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedApiKey', description: 'The key and the receipt of the change.' },
)
