// npm run docs:flags: docs/reference/flags.md from the flags themselves, and the schema of configuration files from the table of settings.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { moduleBundle } from './bundle.mjs'
import { imageReader } from './image-reader.mjs'

/** @typedef {{ alias?: unknown, type?: unknown, group?: unknown, describe?: unknown }} Flag as yargs takes it */
/** @typedef {{ name: string, summary: string, flags: Readonly<Record<string, Flag>> }} Command `name` is empty for the default one */

const HEAD = `# Every flag

As \`harden-image --help\` and \`harden-image VERB --help\` say them. This page is written by \`npm run docs:flags\`, and a test compares it with
the program. What is marked (repeatable) adds up; of any other flag the last one counts. \`--no-NAME\` turns a switch off that a
[configuration](configuration.md) has turned on.
`

/**
 * The whole page. What a verb has in common with the default command is only named there.
 * @param {readonly Command[]} commands the default one first
 * @returns {string}
 */
export function flagsPage(commands) {
  const [main] = commands
  const sections = commands.map((command) => {
    const { name, summary, flags } = command
    const own = Object.entries(flags).filter(([flag, one]) => command === main || !isSame(one, main?.flags[flag]))
    const shared = Object.keys(flags).filter((flag) => !own.some(([one]) => one === flag))
    return [
      `\n## \`harden-image${name === '' ? ' [TARGET..]' : ` ${name}`}\`\n\n${sentence(prose(summary))}.\n`,
      ...groupsOf(own),
      ...(shared.length === 0
        ? []
        : [`\nAs for the default command: ${shared.map((flag) => `\`--${flag}\``).join(', ')}.\n`]),
    ].join('')
  })
  return `${HEAD}${sections.join('')}`
}

/**
 * The schema of configuration files with a property for each setting; what is no setting stays as it is.
 * @param {{ properties: Record<string, unknown> }} schema
 * @param {Readonly<Record<string, { form: { schema: object }, help: string, inFile?: string }>>} settings
 */
export function configSchema(schema, settings) {
  const others = ['$schema', 'root', 'extends', 'overrides'].map((name) => [name, schema.properties[name]])
  const own = Object.entries(settings).map(([name, { form, help, inFile }]) => {
    const description = [help.replace(' (repeatable)', ''), ...(inFile === undefined ? [] : [inFile])].join('; ')
    return [name, { description, ...form.schema }]
  })
  return { ...schema, properties: Object.fromEntries([...others, ...own]) }
}

/** @param {Flag} one @param {Flag | undefined} other */
function isSame(one, other) {
  return other !== undefined && one.describe === other.describe && one.alias === other.alias
}

/** @param {readonly (readonly [string, Flag])[]} flags */
function groupsOf(flags) {
  const names = [...new Set(flags.map(([, { group }]) => String(group ?? '')))]
  return names.map((name) => {
    const rows = flags.filter(([, { group }]) => String(group ?? '') === name).map(([flag, one]) => rowOf(flag, one))
    return `${name === '' ? '' : `\n### ${name.replace(/:$/, '')}\n`}\n${rows.join('')}`
  })
}

/** @param {string} flag @param {Flag} one */
function rowOf(flag, { alias, describe }) {
  // `DIR: for an image target …` names what it takes.
  const [, value, what] = /^([A-Z][A-Z[\]=:]*): (.*)$/s.exec(String(describe)) ?? []
  const name = `\`--${flag}${value === undefined ? '' : ` ${value}`}\``
  return `- ${typeof alias === 'string' ? `\`-${alias}\`, ` : ''}${name}: ${prose(what ?? String(describe))}\n`
}

/** @param {string} text @returns {string} */
function sentence(text) {
  return /^[a-z]+ /.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text
}

/** @param {string} text @returns {string} */
function prose(text) {
  return text.replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('_', '\\_')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const scratch = mkdtempSync(join(tmpdir(), 'harden-image-flags-'))
  try {
    const outfile = join(scratch, 'settings.mjs')
    const contents =
      "export { commands } from './src/cli/arguments.ts'\nexport { settings } from './src/repository/settings.ts'"
    await build({ ...moduleBundle, stdin: { contents, resolveDir: root }, outfile, define: await imageReader() })
    const { commands, settings } = await import(pathToFileURL(outfile).href)
    writeFileSync(join(root, 'docs', 'reference', 'flags.md'), flagsPage(commands))
    const schema = join(root, 'schema', 'config.schema.json')
    const after = configSchema(JSON.parse(readFileSync(schema, 'utf8')), settings)
    writeFileSync(schema, `${JSON.stringify(after, null, 2)}\n`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
