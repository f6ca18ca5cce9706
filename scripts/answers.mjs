// npm run answers -- --help: what a run without an engine answers for many projects, kept in one file, and what a change of the code, or a
// part of it switched off, makes of that. The sources are bundled once; every answer is that of the command line itself.
import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { diffLines } from 'diff'
import { build } from 'esbuild'
import { moduleBundle } from './bundle.mjs'
import { record, recordedEngine } from './recorded-images.mjs'

const HELP = `npm run answers -- [--repos DIR] [--bases DIR] [--only TEXT] [--without NAME] and one of

  --keep FILE              write all answers to FILE
  --against FILE [--show]  say which answers are not those of FILE, and with --show in which lines; ends with 1 where any is not
  --earns                  switch off one provider after the other, and say in how many answers and projects that shows
  --record IMAGE ...       write what an engine has of these images into the folder of --bases

Of all cases, of the folders of test/engine, of examples/, and of each folder in DIR (--repos), a repository each. --only: of those with
that in their names. --without (repeat it for more) switches off a provider, or a row of a file of catalogue/ or src/evidence/languages/ by
its name (frameworks.json:Rails, python.json:os.makedirs).
--bases: whatever stands on images is asked about once more, with the files of those that are recorded in that folder. An image that the
catalogue lists and nobody has recorded has the files of its system: debian.json or alpine.json, copied from one that was recorded.
`

/** Of an answer, in the order in which they are told. */
const PARTS = ['verdict', 'output', 'files', 'findings', 'questions', 'rest']
/** @typedef {Record<string, Record<string, string>>} Answers the parts by what they are of */
/** @typedef {Record<string, string[]>} Changes names of parts, by the same */
/** @typedef {{ name: string, folder: string | null, known: boolean }} Project null: all cases */
/** @typedef {{ project: Project, answers: Answers, changed: Record<string, Changes> }} Worked changed: by what was switched off */

const script = fileURLToPath(import.meta.url)
const root = dirname(dirname(script))

const ENTRY = `
export { main } from './src/cli/main.ts'
export { targetProcessor } from './src/app/pipeline.ts'
export { openEngine } from './src/engine/open-engine.ts'
export { providers } from './src/evidence/index.ts'
export { factsFromCatalogue } from './src/image/sources/catalogue.ts'
export { filesOfTar } from './src/image/sources/facts-from-tar.ts'
export { hardenCase, pipelineCases, transformCases } from './test/harden/support/cases.ts'
export { transforms } from './transforms/index.ts'`

/**
 * Without the rows of the catalogue that are named; where an engine is looked for there is what stands for one.
 * @param {string} outfile
 * @param {string[]} without
 */
async function bundle(outfile, without) {
  /** @type {(file: string, row: any) => boolean} */
  const isOff = (file, row) =>
    [row?.name, row?.program, row?.image, row?.programs, row?.call, row?.new, row?.key]
      .map((names) => [names].flat()[0])
      .some((name) => without.includes(`${file}:${name}`))
  /** @type {import('esbuild').Plugin} */
  const parts = {
    name: 'answers',
    setup({ onLoad }) {
      onLoad({ filter: /engine-session\.ts$/ }, () => ({
        contents: 'export const openOnce = () => globalThis.recorded',
      }))
      onLoad({ filter: /(?:catalogue|languages).*\.json$/ }, ({ path }) => {
        const rows = JSON.parse(readFileSync(path, 'utf8'), (_, value) =>
          Array.isArray(value) ? value.filter((row) => !isOff(basename(path), row)) : value,
        )
        return { contents: JSON.stringify(rows), loader: 'json' }
      })
    },
  }
  await build({ ...moduleBundle, stdin: { contents: ENTRY, resolveDir: root }, outfile, plugins: [parts] })
}

/** @type {(repos: string | undefined, bases: string | undefined) => Project[]} */
function projects(repos, bases) {
  const tests = ['clusters', 'images', 'stacks', 'static'].map((name) => join(root, 'test/engine', name))
  const inside = [...(repos === undefined ? [] : [resolve(repos)]), ...tests]
  const below = inside.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
  const folders = [...below, join(root, 'examples')].map((folder) => ({ name: folder.replace(`${root}/`, ''), folder }))
  const both = bases === undefined ? [false] : [false, true]
  const all = folders.flatMap((one) => both.map((known) => ({ ...one, known })))
  return [{ name: 'cases', folder: null, known: false }, ...all]
}

/** @type {(program: any, project: Project) => Promise<Answers>} */
async function answersOf({ main, targetProcessor, transforms, hardenCase, pipelineCases, transformCases }, project) {
  const { name, folder, known } = project
  /** @type {Answers} */
  const answers = {}
  /** @type {(title: string, result: any) => void} */
  const add = (title, { target, verdict, output, files = [], findings, questions, services = [], ...rest }) => {
    const said = findings
      .map((/** @type {any} */ { evidence, edits, ...finding }) => `${JSON.stringify(finding)}\n`)
      .join('')
    const texts = files.map((/** @type {any} */ file) => `${file.path}:\n${file.output}`).join('\n')
    const plain = { questions: JSON.stringify(questions), rest: JSON.stringify(rest) }
    answers[title] = { verdict, output, files: texts, findings: said, ...plain }
    for (const service of services) add(`${title} › ${service.target}`, service)
  }
  process.chdir(folder ?? root)
  if (folder === null) {
    for (const one of [...pipelineCases(), ...transformCases()]) add(one.path, hardenCase(one.before, one.facts).result)
    return answers
  }
  let text = ''
  const io = {
    stdout: { write: (/** @type {string} */ part) => (text += part) },
    stderr: { write: () => {} },
    stdin: process.stdin,
    env: {},
    cwd: folder,
    signals: { on() {}, off() {}, raise() {} },
  }
  const load = async () => ({ processTarget: targetProcessor(), transforms })
  await main([...(known ? [] : ['--engine', 'none']), '--offline', '--format', 'json', '.'], io, load)
  for (const result of text === '' ? [] : JSON.parse(text).results)
    add(`${name}${known ? ' (known bases)' : ''} ${result.target}`, result)
  return answers
}

/** @type {(before: Answers, after: Answers) => Changes} */
function changesBetween(before, after) {
  /** @type {Changes} */
  const changes = {}
  for (const title of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [one, other] = [before[title], after[title]]
    const parts = one && other ? PARTS.filter((part) => one[part] !== other[part]) : [one ? 'gone' : 'new']
    if (parts.length > 0) changes[title] = parts
  }
  return changes
}

/** A child: works on the projects that it is sent. @type {(file: string, without: string[], bases: string, earns: boolean) => Promise<void>} */
async function work(file, without, bases, earns) {
  const program = await import(pathToFileURL(file).href)
  const { providers } = program
  if (bases !== '') Object.assign(globalThis, { recorded: recordedEngine(program, bases) })
  /** @type {Set<string>} */
  const speaking = new Set()
  const all = providers.map((/** @type {any} */ provider) => ({
    ...provider,
    *claims(/** @type {unknown[]} */ ...asked) {
      for (const claim of provider.claims(...asked)) {
        if (claim !== undefined) speaking.add(provider.name)
        yield claim
      }
    },
  }))
  const names = all.map((/** @type {any} */ { name }) => name)
  /** @type {(off: string[]) => void} */
  const leaveOut = (off) =>
    void providers.splice(0, providers.length, ...all.filter((/** @type {any} */ { name }) => !off.includes(name)))
  for (const name of without)
    if (!name.includes('.json:') && !names.includes(name))
      throw new Error(`nothing is called ${name}: ${names.join(' ')}`)
  process.on('message', async (/** @type {Project} */ project) => {
    leaveOut(without)
    speaking.clear()
    const answers = await answersOf(program, project)
    /** @type {Worked['changed']} */
    const changed = {}
    // Most have nothing to say here, or nothing that counts: they are left out together, and by halves only where that shows.
    /** @type {(off: string[]) => Promise<void>} */
    const find = async (off) => {
      if (off.length === 0) return
      leaveOut([...without, ...off])
      const changes = changesBetween(answers, await answersOf(program, project))
      if (Object.keys(changes).length === 0) return
      if (off.length === 1) changed[off[0] ?? ''] = changes
      else for (const half of [off.slice(0, off.length >> 1), off.slice(off.length >> 1)]) await find(half)
    }
    if (earns) await find([...speaking])
    process.send?.({ project, answers, changed })
  })
  process.send?.(null)
}

/** In the order of the queue. @type {(queue: Project[], settings: string[]) => Promise<Worked[]>} */
async function workedOn(queue, settings) {
  const waiting = [...queue]
  /** @type {Map<Project | undefined, Worked>} */
  const done = new Map()
  const child = () =>
    new Promise((settle, fail) => {
      const one = fork(script, ['--child', ...settings])
      /** @type {Project | undefined} */
      let current
      one.on('message', (/** @type {Worked | null} */ worked) => {
        if (worked !== null) done.set(current, worked)
        current = waiting.shift()
        if (current === undefined) one.disconnect()
        else one.send(current)
      })
      one.on('exit', (code) =>
        code === 0 ? settle(null) : fail(new Error(`work on ${current?.name} ended with ${code}`)),
      )
    })
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), queue.length) }, child))
  return queue.flatMap((project) => done.get(project) ?? [])
}

/** @type {(worked: Worked[]) => void} */
function tellEarned(worked) {
  /** @type {Map<string, { texts: number, words: number, cases: number, projects: Set<string> }>} */
  const rows = new Map()
  for (const { project, changed } of worked)
    for (const [name, changes] of Object.entries(changed)) {
      const row = rows.get(name) ?? { texts: 0, words: 0, cases: 0, projects: new Set() }
      rows.set(name, row)
      for (const parts of Object.values(changes)) {
        const isText = parts.some((part) => ['verdict', 'output', 'files'].includes(part))
        if (project.folder === null) row.cases += 1
        else row[isText ? 'texts' : 'words'] += 1
        if (isText && project.folder !== null) row.projects.add(basename(project.name))
      }
    }
  console.log(`${'off'.padEnd(24)} verdict, text  in projects  words alone  cases`)
  for (const [name, { texts, words, cases, projects }] of [...rows].sort(([, a], [, b]) => b.texts - a.texts)) {
    const columns = [texts, projects.size, words].map((number) => String(number).padStart(11)).join('  ')
    console.log(`${name.padEnd(26)} ${columns}  ${String(cases).padStart(5)}  ${[...projects].slice(0, 5).join(' ')}`)
  }
}

/** How many. @type {(before: Answers, after: Answers, show: boolean) => number} */
function tellChanges(before, after, show) {
  const changes = Object.entries(changesBetween(before, after))
  for (const [title, parts] of changes) {
    const verdicts = parts.includes('verdict') ? ` (${before[title]?.verdict} → ${after[title]?.verdict})` : ''
    console.log(`${title}: ${parts.join(', ')}${verdicts}`)
    for (const part of show ? parts : [])
      for (const { added, removed, value } of diffLines(before[title]?.[part] ?? '', after[title]?.[part] ?? ''))
        if (added || removed)
          console.log(`  ${added ? '+' : '-'} ${value.trimEnd().replaceAll('\n', `\n  ${added ? '+' : '-'} `)}`)
  }
  console.log(`${changes.length} of ${Object.keys(after).length} answers changed`)
  return changes.length
}

async function command() {
  const { values, positionals } = parseArgs({
    options: {
      keep: { type: 'string' },
      against: { type: 'string' },
      show: { type: 'boolean', default: false },
      earns: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      repos: { type: 'string' },
      bases: { type: 'string' },
      only: { type: 'string', default: '' },
      without: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const { keep, against, earns, bases, without } = values
  if (values.help || (keep === undefined && against === undefined && !earns && !values.record)) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  // There the grammars are found, as by the program itself.
  const scratch = mkdtempSync(join(root, 'node_modules', '.answers-'))
  try {
    const file = join(scratch, 'program.mjs')
    await bundle(file, without)
    if (values.record) {
      await record(await import(pathToFileURL(file).href), bases ?? '.', positionals)
      return 0
    }
    const queue = projects(values.repos, bases).filter(({ name }) => name.includes(values.only))
    const folder = bases === undefined ? '' : resolve(bases)
    const worked = await workedOn(queue, [file, JSON.stringify(without), folder, String(earns)])
    /** @type {Answers} */
    const found = Object.assign({}, ...worked.map(({ answers }) => answers))
    for (const [title, { rest = '' }] of Object.entries(found))
      if (rest.includes('"code":"bug"')) console.log(`${title}: ${rest}`)
    if (earns) tellEarned(worked)
    if (keep !== undefined) writeFileSync(keep, JSON.stringify(found))
    if (against === undefined) return 0
    /** @type {Answers} */
    const kept = JSON.parse(readFileSync(against, 'utf8'))
    const asked = Object.entries(kept).filter(([title]) => values.only === '' || found[title] !== undefined)
    return tellChanges(Object.fromEntries(asked), found, values.show) > 0 ? 1 : 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

if (process.argv[2] === '--child') {
  const [file = '', without = '[]', bases = '', earns] = process.argv.slice(3)
  await work(file, JSON.parse(without), bases, earns === 'true')
} else process.exitCode = await command()
