// npm run new NAME: a transform with its page, its first case and its place in the pipeline.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const INDEX = 'transforms/index.ts'
const LINE_WIDTH = 120
const EMPTY_INDEX = `import type { Transform } from '../src/transform.ts'

/** The pipeline, in order: insertions at one point keep it. */
export const transforms: readonly Transform[] = []
`

/** @param {string} name */
const source = (name) => `import type { Transform } from '../src/transform.ts'

export const ${camel(name)}: Transform = {
  name: '${name}',
  summary: 'TODO: one imperative sentence.',
  *run(_dockerfile, _context) {
    // TODO: loop, continue early, yield a Finding.
  },
}
`

/** @param {string} name */
const page = (name) => `# ${name}

TODO: what it changes and why, in two sentences.

## Before

\`\`\`dockerfile
FROM debian:trixie-slim
\`\`\`

## After

\`\`\`dockerfile
FROM debian:trixie-slim
\`\`\`

## Why

TODO: the rule of Docker or Linux behind it, with its source.

## What it does not do

TODO: what it leaves alone, and what it says then.

## How to leave it out

\`# harden-image ignore=${name} reason=WHY\` above the instruction, or on top of the file, leaves it out there; \`ignore: [${name}]\` in \`.harden-image.yaml\` does for all files.
`

/** @param {string} name */
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())

/**
 * @param {string} root the repository
 * @param {string} name verb-first kebab-case
 * @returns {Promise<string[]>} the files made or changed, below root
 */
export async function scaffold(root, name) {
  if (!/^[a-z]+(-[a-z0-9]+)+$/.test(name))
    throw new Error(`"${name}" is not a transform name: verb-first kebab-case such as set-user`)
  const cases = `test/transforms/${name}/basic`
  const files = {
    [`transforms/${name}.ts`]: source(name),
    [`docs/rules/${name}.md`]: page(name),
    [`${cases}/before.Dockerfile`]: 'FROM debian:trixie-slim\n',
    [`${cases}/after.Dockerfile`]: 'FROM debian:trixie-slim\n',
  }
  for (const path of Object.keys(files)) if (existsSync(join(root, path))) throw new Error(`${path} exists already`)

  const index = join(root, INDEX)
  const text = withEntry(existsSync(index) ? await readFile(index, 'utf8') : EMPTY_INDEX, name)
  for (const [path, content] of Object.entries({ ...files, [INDEX]: text })) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  return [...Object.keys(files), INDEX]
}

/**
 * Import in alphabetical order, entry last: where it belongs in the pipeline is for the author to say.
 * @param {string} text of transforms/index.ts
 * @param {string} name
 */
function withEntry(text, name) {
  const statement = `import { ${camel(name)} } from './${name}.ts'`
  const lines = text.split('\n')
  const after = lines.findLastIndex(
    (line) => /^import .* from '\.\.?\/.*'$/.test(line) && pathOf(line) < pathOf(statement),
  )
  lines.splice(after + 1, 0, statement)
  const joined = lines.join('\n')
  const list = /(export const transforms: readonly Transform\[\] = \[)([^\]]*)\]/
  if (!list.test(joined)) throw new Error(`${INDEX} has no "export const transforms: readonly Transform[] = [ … ]"`)
  return joined.replace(list, (_, head, old) => {
    if (old.includes('//') || old.includes('/*'))
      return `${head}${old.trimEnd().replace(/,?$/, ',')}\n  ${camel(name)},\n]`
    const entries = [...old.split(',').map((/** @type {string} */ entry) => entry.trim()), camel(name)].filter(Boolean)
    // As the formatter lays it out: on one line where it fits.
    const line = `${head}${entries.join(', ')}]`
    return line.length <= LINE_WIDTH ? line : `${head}\n${entries.map((entry) => `  ${entry},\n`).join('')}]`
  })
}

/** @param {string} line */
const pathOf = (line) => line.slice(line.indexOf("'"))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const made = await scaffold(process.cwd(), process.argv[2] ?? '')
    for (const path of made) console.log(path)
    console.error(`\nNext: write the case you want in after.Dockerfile, then make it pass: npm run test:unit`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
