import type { FastifyReply, FastifyRequest } from 'fastify'
import { maxBodyBytes } from '../../domain/limits.ts'
import { bytesInChunks } from '../limit-chunks.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Refusals of the route are verdicts about tokens of other callers, and cost nothing. */
    readonly answersForOthers?: boolean
  }
}

/**
 * Prices are several times the CPU time that an answer takes, so that one payer takes a tenth of a
 * core or less. Of an error, that is 0.1 to 0.3 ms; a body of 32 KiB that is refused adds about a
 * millisecond, and one that nobody reads as much garbage as it has bytes.
 */
export const priceOfErrorMs = 2
const priceOfBodyByteMs = 8 / (32 * 1024)
const priceOfDocumentByteMs = 8 / (256 * 1024)

/**
 * A gateway has to pass on whatever token it gets, in a header that Node.js limits to 16 KiB. What
 * its clients send must not delay the gateway.
 */
const maxBytesOfToken = 16 * 1024

/** Shorter answers cost no more than a verification. */
const minDocumentBytes = 4 * 1024

/**
 * What an answer costs beyond an ordinary one, in milliseconds: an error of the caller by the
 * length of the body, and a document, which needs no token, by its own length.
 */
export function priceOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): number {
  const { statusCode } = reply
  if (statusCode < 400) return isAuthenticated(request) ? 0 : priceOfDocument(reply, payload)
  // What is not implemented is an error of the caller, too.
  if (statusCode >= 500 && statusCode !== 501) return 0
  const { isVerification, answersForOthers } = request.routeOptions.config
  if (answersForOthers === true) return 0
  const bytes = bytesOfBody(request)
  const isOfGateway = isVerification === true && isAuthenticated(request)
  if (isOfGateway && bytes <= maxBytesOfToken) return 0
  return priceOfErrorMs + bytes * priceOfBodyByteMs
}

function isAuthenticated({ principal, introspector }: FastifyRequest): boolean {
  return principal !== undefined || introspector !== undefined
}

function priceOfDocument(reply: FastifyReply, payload: unknown): number {
  if (reply.request.method === 'HEAD') return 0
  const isWhole = typeof payload === 'string' || Buffer.isBuffer(payload)
  const bytes = isWhole ? payload.length : Number(reply.getHeader('content-length') ?? 0)
  return bytes < minDocumentBytes ? 0 : bytes * priceOfDocumentByteMs
}

/** A body in chunks of which more is to come may be as long as any. */
export function bytesOfBody({ raw, headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] === undefined) return Number(headers['content-length'] ?? 0)
  return raw.complete ? bytesInChunks(raw) : maxBodyBytes
}
