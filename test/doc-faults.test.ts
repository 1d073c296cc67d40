import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'
import { findDocFaults } from '../scripts/doc-faults.ts'

t.test(
  'the check of docs names each missing path, link and heading, and equal numbers',
  async (t) => {
    const root = t.testdir()
    const page = `# Page
[there](../src/there.ts) [gone](gone.md) [a heading](other.md#the-two--words) [none](other.md#none)
[itself](#page) [web](https://example.com/docs/gone.md)
\`src/there.ts\`, \`src/*.ts\`, \`src/{there,gone}.ts\` and src/. But \`src/gone.ts\`, \`test/*.ts\`.
`
    await write('docs/page.md', page)
    await write('docs/other.md', '## The `two` – words\n```\n# none\n```\n')
    await write('src/there.ts', '/** See docs/page.md and docs/lost.md. */\n')
    await write('node_modules/package/README.md', '[gone](gone.md)\n')
    await write('docs/decisions/0001-one.md', '# 1. One\n')
    await write('docs/decisions/0001-two.md', '# 1. Two\n')

    t.strictSame(await findDocFaults(root), [
      'docs/decisions/0001-two.md: docs/decisions/0001-one.md has the same number',
      'docs/page.md: docs/other.md has no heading #none',
      'docs/page.md: there is no docs/gone.md',
      'docs/page.md: there is no src/gone.ts',
      'docs/page.md: there is no test/*.ts',
      'src/there.ts: there is no docs/lost.md',
    ])

    async function write(path: string, text: string): Promise<void> {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
  },
)
