import { fill } from './fill.ts'
import type { HostileRequest } from './hostile-request.ts'

/** Bodies that no schema fits. */
export function unfitBodies(maxBytes: number): HostileRequest[] {
  const half = Math.floor(maxBytes / 2) - 20
  return [
    { told: 'arrays in arrays', body: '['.repeat(half) + ']'.repeat(half) },
    { told: 'arrays that stay open', body: '['.repeat(maxBytes) },
    { told: 'arrays that stay open and __proto__', body: `["__proto__",${'['.repeat(half)}` },
    { told: 'objects in objects', body: `${'{"a":'.repeat(half / 3)}0${'}'.repeat(half / 3)}` },
    { told: 'one member again and again', body: `{${fill(maxBytes - 20, () => '"a":0')}}` },
    { told: 'members and __proto__', body: `{"__proto__":0,${fill(half, (n) => `"${n}x":0`)}}` },
    { told: 'escapes', body: `"${'\\u0041'.repeat(maxBytes / 6 - 1)}"` },
    { told: 'digits', body: '9'.repeat(maxBytes) },
    { told: 'white space', body: ' '.repeat(maxBytes) },
    { told: 'colons', body: `"${' :'.repeat(half)}"` },
    { told: 'elements of many kinds', body: `[${fill(maxBytes - 20, () => '{},[],"",0')}]` },
    { told: 'empty containers', body: `[${fill(maxBytes - 20, () => '[],{}', 2_400)}]` },
    { told: 'numbers beyond all', body: `[${fill(maxBytes - 20, () => '-1e999', 9_000)}]` },
    { told: 'names with escapes', body: `{${fill(maxBytes, (n) => `"\\u0061${n}":0`, 1_900)}}` },
    { told: 'inherited names', body: `{"toString":0,"valueOf":{"hasOwnProperty":[]},"then":0}` },
    { told: 'names like tokens', body: `{${fill(maxBytes - 20, tokenName, 60)}}` },
    { told: 'one long name like tokens', body: `{"${'eyJ.aeon_.'.repeat(half / 10)}":0}` },
    { told: 'a byte order mark', body: `\ufeff{}${' '.repeat(half)}` },
    {
      told: 'bytes of UTF-16',
      body: Buffer.from(`{"a":"${'\u0100'.repeat(half / 2)}"}`, 'utf16le'),
    },
    { told: 'bytes that are not UTF-8', body: Buffer.alloc(maxBytes, 0xfe) },
    { told: 'overlong UTF-8', body: Buffer.alloc(maxBytes, 'c080', 'hex') },
    { told: 'zeros', body: Buffer.alloc(maxBytes) },
  ]
}

function tokenName(n: number): string {
  return `"aeon_${n}${'eyJhbGciOiJIUzI1NiJ9.'.repeat(20)}":0`
}
