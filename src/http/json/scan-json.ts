import { pointerStep } from '../../domain/json-pointer.ts'
import { maxFaults } from '../../domain/limits.ts'

/** What a scan of a JSON text finds. */
export type JsonScan =
  | { readonly kind: 'good' }
  /** JSON pointers (RFC 6901) of the members that an object has more than once. */
  | { readonly kind: 'duplicates'; readonly pointers: readonly string[] }
  | {
      readonly kind: 'broken'
      /** The index of the first character that is not JSON. */
      readonly position: number
      /** Both count from 1; a column is a UTF-16 code unit. */
      readonly line: number
      readonly column: number
      readonly expected: string
    }

/**
 * Scans a text as JSON (RFC 8259), as strictly as JSON.parse, which silently takes the last of
 * several members of one name. Runs in linear time and without recursion, so that no nesting
 * exhausts the stack. What it finds is refused by bodies.ts.
 */
export function scanJson(text: string): JsonScan {
  return new Scanner(text).scan()
}

/** An object or array whose end is not scanned yet. */
interface Container {
  /** The names of the members so far; undefined for an array. */
  readonly names: Set<string> | undefined
  /** The name or index of the member or element in progress. */
  at: string | number
}

class Scanner {
  readonly #text: string
  readonly #open: Container[] = []
  readonly #pointers = new Set<string>()
  #position = 0
  #expected = ''

  constructor(text: string) {
    this.#text = text
    // A byte order mark is skipped (RFC 8259, section 8.1).
    if (text.charCodeAt(0) === 0xfeff) this.#position = 1
  }

  scan(): JsonScan {
    if (!this.#scanValue()) return this.#broken()
    const pointers = [...this.#pointers]
    return pointers.length === 0 ? { kind: 'good' } : { kind: 'duplicates', pointers }
  }

  /** Scans the whole text: values begin and containers end until none is open. */
  #scanValue(): boolean {
    for (;;) {
      this.#skipSpace()
      const begun = this.#begin()
      if (begun === 'broken') return false
      if (begun === 'open') continue
      const ended = this.#endContainers()
      if (ended === 'broken') return false
      if (ended === 'whole') return this.#scanEnd()
    }
  }

  /** Begins the value at this position; `open`: another value follows inside it. */
  #begin(): 'open' | 'scanned' | 'broken' {
    switch (this.#text.charCodeAt(this.#position)) {
      case 0x7b: // {
        return this.#beginObject()
      case 0x5b: // [
        return this.#beginArray()
      case 0x22: // "
        return this.#scanString() === undefined ? 'broken' : 'scanned'
      case 0x74: // t
        return this.#scanWord('true')
      case 0x66: // f
        return this.#scanWord('false')
      case 0x6e: // n
        return this.#scanWord('null')
      default:
        return this.#scanNumber()
    }
  }

  #beginObject(): 'open' | 'scanned' | 'broken' {
    this.#position += 1
    this.#skipSpace()
    if (this.#take(0x7d)) return 'scanned'
    this.#open.push({ names: new Set(), at: '' })
    return this.#scanName('a member name in double quotes or }') ? 'open' : 'broken'
  }

  #beginArray(): 'open' | 'scanned' {
    this.#position += 1
    this.#skipSpace()
    if (this.#take(0x5d)) return 'scanned'
    this.#open.push({ names: undefined, at: 0 })
    return 'open'
  }

  /** After a value: scans a comma, or the ends of the containers that it completes. */
  #endContainers(): 'next' | 'whole' | 'broken' {
    for (;;) {
      const container = this.#open.at(-1)
      if (container === undefined) return 'whole'
      this.#skipSpace()
      const isObject = container.names !== undefined
      if (this.#take(0x2c)) {
        this.#skipSpace()
        if (isObject) return this.#scanName('a member name in double quotes') ? 'next' : 'broken'
        if (typeof container.at === 'number') container.at += 1
        return 'next'
      }
      if (!this.#take(isObject ? 0x7d : 0x5d))
        return this.#fail(isObject ? 'a comma or }' : 'a comma or ]')
      this.#open.pop()
    }
  }

  /** Scans the name of a member and its colon. */
  #scanName(expected: string): boolean {
    if (this.#text.charCodeAt(this.#position) !== 0x22) return this.#fail(expected) !== 'broken'
    const raw = this.#scanString()
    if (raw === undefined) return false
    const name: string = raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw
    this.#enter(name)
    this.#skipSpace()
    return this.#take(0x3a) || this.#fail('a colon') !== 'broken'
  }

  #enter(name: string): void {
    const container = this.#open.at(-1)
    if (container?.names === undefined) return
    container.at = name
    const isDuplicate = container.names.has(name)
    container.names.add(name)
    if (!isDuplicate || this.#pointers.size >= maxFaults) return
    this.#pointers.add(this.#open.map(({ at }) => `/${pointerStep(String(at))}`).join(''))
  }

  /** The text between the quotes, with its escapes. */
  #scanString(): string | undefined {
    const text = this.#text
    const start = this.#position + 1
    for (let position = start; ; position += 1) {
      const code = text.charCodeAt(position)
      if (code === 0x22) {
        this.#position = position + 1
        return text.slice(start, position)
      }
      if (code === 0x5c) {
        const length = lengthOfEscape(text, position)
        if (length === 0) return this.#failAt(position, 'an escape that JSON has')
        position += length - 1
        continue
      }
      // NaN: the text ends here.
      if (!(code >= 0x20)) {
        return this.#failAt(
          position,
          position < text.length ? 'no raw control character' : 'a double quote',
        )
      }
    }
  }

  #scanWord(word: string): 'scanned' | 'broken' {
    if (!this.#text.startsWith(word, this.#position)) return this.#fail('a value')
    this.#position += word.length
    return 'scanned'
  }

  #scanNumber(): 'scanned' | 'broken' {
    number.lastIndex = this.#position
    if (!number.test(this.#text)) {
      if (this.#take(0x2d)) return this.#fail('a digit')
      return this.#fail('a value')
    }
    const start = this.#position
    this.#position = number.lastIndex
    return this.#endNumber(start)
  }

  /** What goes on as a number does, and is none (RFC 8259, section 6): `1.`, `1e`, `01`. */
  #endNumber(start: number): 'scanned' | 'broken' {
    brokenEnd.lastIndex = this.#position
    const [end] = brokenEnd.exec(this.#text) ?? []
    if (end === undefined) return 'scanned'
    if (/^\d/.test(end)) this.#failAt(start, 'a number without a leading zero')
    else this.#failAt(this.#position + end.length, 'a digit')
    return 'broken'
  }

  #scanEnd(): boolean {
    this.#skipSpace()
    return this.#position === this.#text.length || this.#fail('the end of the body') !== 'broken'
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#position) !== code) return false
    this.#position += 1
    return true
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#position += 1
    }
  }

  #fail(expected: string): 'broken' {
    this.#expected = expected
    return 'broken'
  }

  #failAt(position: number, expected: string): undefined {
    this.#position = position
    this.#expected = expected
  }

  #broken(): JsonScan {
    const before = this.#text.slice(0, this.#position)
    const line = before.split('\n').length
    // An editor counts no column for a byte order mark.
    const markLength = line === 1 && before.startsWith('\ufeff') ? 1 : 0
    const column = this.#position - before.lastIndexOf('\n') - markLength
    const position = this.#position
    return { kind: 'broken', position, line, column, expected: this.#expected }
  }
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** Sticky, after a number: a point or an exponent without a digit, or a digit after a zero. */
const brokenEnd = /\.(?!\d)|[eE](?![+-]?\d)[+-]?|\d/y
const unicodeEscape = /\\u[0-9a-fA-F]{4}/y

/** 0: there is no such escape. */
function lengthOfEscape(text: string, position: number): number {
  const letter = text.charAt(position + 1)
  if (letter !== '' && '"\\/bfnrt'.includes(letter)) return 2
  unicodeEscape.lastIndex = position
  return unicodeEscape.test(text) ? 6 : 0
}
