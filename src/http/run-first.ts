import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'

type Phase = 'preValidation' | 'preHandler'

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => unknown

/** Has a hook run on a route before those that the route has of its own. */
export function runFirst<P extends Phase>(route: RouteOptions, phase: P, hook: Hook): void {
  const own = [route[phase] ?? []].flat()
  route[phase] = [hook, ...own] as RouteOptions[P]
}
