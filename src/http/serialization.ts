import {
  type SerializerCompiler,
  type SerializerFactory,
  SerializerSelector,
} from '@fastify/fast-json-stringify-compiler'
import { lazy } from './lazy.ts'

/**
 * Compiles each response schema once, at the first answer that needs the schema. Most processes
 * never need most schemas, and compiling all takes a sixth of the CPU time of a start. Routes share
 * most schemas (a problem has one schema at nine statuses of every route), and Fastify's own
 * compiler would compile each use anew.
 */
export function createSerializerFactory(): SerializerFactory {
  const createCompiler = SerializerSelector()
  return (components, options) => remembering(createCompiler(components, options))
}

function remembering(compile: SerializerCompiler): SerializerCompiler {
  const compiled = new Map<string, Serialize>()
  return (route) => {
    const text = JSON.stringify(route.schema)
    const serialize = compiled.get(text) ?? serializeBy(lazy(() => compile(route)))
    compiled.set(text, serialize)
    return serialize
  }
}

type Serialize = ReturnType<SerializerCompiler>

function serializeBy(serializer: () => Serialize): Serialize {
  return (answer) => serializer()(answer)
}
