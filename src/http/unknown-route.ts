import { ServiceError } from '../errors.ts'

/** A path that no route has. */
export class UnknownRoute extends ServiceError {
  constructor(path: string) {
    super('not_found', `There is no such route${hintFor(path)}.`)
  }
}

/** A slash too many is easily overlooked in a URL that a program puts together. */
function hintFor(path: string): string {
  if (path.length > 1 && path.endsWith('/')) return ': leave out the slash at the end'
  return path.includes('//') ? ': the path has two slashes in a row' : ''
}
