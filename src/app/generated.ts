import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { commentsOnTop } from '../dockerfile/layout.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { isInside, namesIn, textIn } from '../files-in.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import { SAYS_GENERATED } from '../repository/own-files.ts'
import { rootOf } from '../repository/project-root.ts'
import { walkOver } from '../repository/project-tree.ts'
import { upwards } from '../repository/repository.ts'
import { holdsHome } from '../repository/trust.ts'
import type { FileOrigin, WorkItem } from '../repository/work-item.ts'
import { joinTruncated } from '../words.ts'

/**
 * What makes a Dockerfile that nobody edits: its header says that it is generated, or it is a copy of another project's file. What it
 * is generated from, and by what, is named as far as the header or the tree shows it; null for a file that people edit. Names are from `cwd`.
 */
export function originOf(item: WorkItem, dockerfile: Dockerfile, cwd: string): FileOrigin | null {
  const { path, vendored } = item
  if (vendored !== undefined && path !== null) return copied(path, rootOf({ ...item, path }), vendored)
  const comments = commentsOnTop(dockerfile).slice(0, MOST_COMMENTS)
  const said = comments.find(({ text }) => SAYS_GENERATED.test(text))
  if (said === undefined) return null
  const named = namedIn(comments.map(({ text }) => text.slice(0, LONGEST)).join('\n'))
  const { template, isHere, generator } =
    path === null ? { ...named, isHere: true } : lookedUp(path, rootOf({ ...item, path }), named, cwd)
  const from = template === null ? '' : ` from ${template}`
  const by = generator === null ? '' : ` by ${generator}`
  const change = template ?? (generator === null ? 'what it is generated from' : `what ${generator} makes it from`)
  return {
    why: `line ${said.line} says "${said.text
      .replace(/^[#\s]+/, '')
      .slice(0, 80)
      .trim()}": change ${change}`,
    line: said.line,
    message: `generated${from}${by}: a change made here is lost when it is generated again`,
    hint:
      template === null
        ? `find ${change}, and make the change there`
        : isHere
          ? `make the change in ${template}, and ${generator === null ? 'generate it again' : `run ${generator}`}`
          : `make the change in ${template}, which is not in this tree`,
  }
}

/** The one finding that says where a change belongs: a todo where none was made here. */
export function originFindings(
  { origin }: WorkItem,
  { findings }: { readonly findings: readonly Pick<ReportFinding, 'outcome'>[] },
): readonly ReportFinding[] {
  const has = (outcome: ReportFinding['outcome']): boolean => findings.some((one) => one.outcome === outcome)
  if (origin === undefined || !(has('offered') || has('fixed'))) return []
  const outcome = has('offered') ? 'todo' : 'note'
  return [{ ...targetFinding('report-remarks', outcome, origin.message, origin.hint), line: origin.line }]
}

/** A header is not longer. */
const MOST_COMMENTS = 40
const LONGEST = 300

/** Tools that fill folders with copies, by the files that they leave there. */
const FILLED_BY: readonly (readonly [mark: string, by: string])[] = [
  ['modules.txt', 'go mod vendor'],
  ['autoload.php', 'composer install'],
  ['bundle', 'bundle install'],
]

function copied(path: string, root: string, vendored: string): FileOrigin {
  const parts = `${dirname(path)}/`.split(`/${vendored}/`)
  const top = join(parts.slice(0, -1).join(`/${vendored}/`) || '/', vendored)
  const filled = FILLED_BY.find(([mark]) => existsSync(join(top, mark)))?.[1] ?? null
  const url = filled === null ? submoduleOf(path, root) : null
  const from = url === null ? 'where it comes from' : url
  const by = filled === null ? '' : `, which ${filled} puts there`
  return {
    why: `${vendored} holds copies of other projects: change it ${url === null ? from : `in ${url}`}`,
    line: 1,
    message: `${vendored} holds copies of other projects${by}: a change made here is lost with their next update`,
    hint: url === null ? `make the change ${from}` : `make the change in ${url}, and update the submodule`,
  }
}

/** Where the submodule comes from that a file (absolute) lies in; null for none. Source: gitmodules(5). */
function submoduleOf(path: string, root: string): string | null {
  for (const folder of upwards(dirname(path))) {
    const text = textIn(root, join(folder, '.gitmodules'))
    if (text === null) continue
    const sections: { place?: string; url?: string }[] = []
    for (const line of text.split('\n')) {
      if (line.trimStart().startsWith('[')) sections.push({})
      const at = line.indexOf('=')
      const name = line.slice(0, Math.max(0, at)).trim()
      const section = sections.at(-1) ?? {}
      if (name === 'path') section.place = line.slice(at + 1).trim()
      if (name === 'url') section.url = line.slice(at + 1).trim()
    }
    const own = sections.find(({ place }) => place !== undefined && isInside(path, join(folder, place)))
    return own?.url?.slice(0, LONGEST) ?? null
  }
  return null
}

interface Named {
  readonly template: string | null
  readonly generator: string | null
}

const MADE =
  /^(?:auto-?)?(?:generated|built|created|made|rendered|produced|derived|expanded|compiled|managed|maintained|written)$/i
const WAYS = /^(?:by|via|with|using|through)$/i
/** Between the verb and the name. */
const FILLERS =
  /^(?:the|an?|our|its|this|running|script|scripts|template|templates|file|files|command|program|tool|automatically)$/i
/** Words that name nothing. */
const NO_NAME =
  /^(?:hand|us|default|machine|ci|automation|it|that|build|source|sources|code|above|below|here|dockerfile)$/i
const TEMPLATE =
  /[-_.](?:template|tmpl|tpl|in|j2|jinja2?|erb|m4|hbs|mustache|skeleton|ejs|gotmpl)$|(?:^|\/)templates?\/|\.(?:cue|jsonnet|dhall|ytt)$/i

/** The names in a header: */
function namedIn(header: string): Named {
  const words = header
    .split('\n')
    .flatMap((line) => [...line.replace(/^[#\s]+/, '').split(/\s+/), '\n'])
    .filter((word) => word !== '')
  const found: { template: string | null; generator: string | null } = { template: null, generator: null }
  const take = (as: 'template' | 'generator', name: string | null): void => {
    if (name === null) return
    const kind = TEMPLATE.test(name) ? 'template' : as
    found[kind] ??= name
  }
  for (const [at, word] of words.entries()) {
    const plain = bare(word)
    if (MADE.test(plain)) {
      // `generated by update.sh from Dockerfile.in`: as far as the sentence goes.
      for (let next = at + 1; next < Math.min(words.length, at + 14); next += 1) {
        const preposition = bare(words[next] ?? '')
        if (/^from$/i.test(preposition)) take('template', nameAt(words, next + 1))
        else if (WAYS.test(preposition)) take('generator', nameAt(words, next + 1))
        if (/[.!;]$/.test(words[next] ?? '')) break
      }
    }
    if (/^(?:template|source)$/i.test(plain) && word.endsWith(':')) take('template', nameAt(words, at + 1))
    if (/^generator$/i.test(plain) && word.endsWith(':')) take('generator', nameAt(words, at + 1))
    const isInstead = words.slice(at + 1, at + 6).some((one) => /^instead\b/i.test(one))
    if (/^(?:edit|change|modify|update)$/i.test(plain) && isInstead) take('template', nameAt(words, at + 1))
  }
  return found
}

/** Without the punctuation of a sentence. */
function bare(word: string): string {
  let [start, end] = [0, word.length]
  while (start < end && OPENING.includes(word[start] ?? '')) start += 1
  while (end > start && CLOSING.includes(word[end - 1] ?? '')) end -= 1
  return word.slice(start, end)
}

const OPENING = '"\'`“”‘(<['
const CLOSING = '"\'`“”’)>].,;:!'

/** The name that begins at a word: a quoted one as a whole, else one that looks like a file, or with which the line or sentence ends. */
function nameAt(words: readonly string[], from: number): string | null {
  let at = from
  while (words[at] === '\n' || FILLERS.test(words[at] ?? '')) at += 1
  const first = words[at] ?? ''
  const quote = /^["'`“]/.exec(first)?.[0]
  if (quote !== undefined) {
    const closing = quote === '“' ? '”' : quote
    const end = words.slice(at, at + 6).findIndex((word, index) => word.slice(index === 0 ? 1 : 0).includes(closing))
    if (end < 0) return null
    return named(
      words
        .slice(at, at + end + 1)
        .map(bare)
        .join(' '),
    )
  }
  const name = bare(first)
  const isFile = /[/.]/.test(name) && /^[\w./@+-]+$/.test(name)
  const isLast = /[.,;!]$/.test(first) || [undefined, '\n'].includes(words[at + 1])
  return isFile || (isLast && /^[\w@+-]+$/.test(name)) ? named(name) : null
}

function named(text: string): string | null {
  return text.length < 2 || text.length > 80 || NO_NAME.test(text) ? null : text
}

/** Looks in the tree for what the header leaves open: a template named like the file, a script that writes it. */
function lookedUp(
  path: string,
  root: string,
  { template, generator }: Named,
  cwd: string,
): Named & { readonly isHere: boolean } {
  const folders: string[] = []
  for (const folder of upwards(dirname(path))) {
    folders.push(folder)
    if (folder === root) break
  }
  const shown = (file: string): string => relative(cwd, file)
  const placed = (name: string): string | null =>
    folders.map((folder) => resolve(folder, name)).find((file) => isInside(file, root) && existsSync(file)) ?? null
  const said = template === null ? null : placed(template)
  const beside = template === null ? templatesIn(root, folders, basename(path)).map(shown) : []
  const written = generator === null && !holdsHome(root) ? writersOf(path, root).map(shown) : []
  const script = generator === null ? null : placed(generator)
  return {
    template: said === null ? (template ?? (beside.length === 0 ? null : joinTruncated(beside))) : shown(said),
    isHere: template === null || said !== null,
    generator: script === null ? (generator ?? (written.length === 0 ? null : joinTruncated(written))) : shown(script),
  }
}

/** The templates of the nearest folder that has any: `Dockerfile.in`, `Dockerfile-alpine.template`, `templates/Dockerfile.j2`. */
function templatesIn(root: string, folders: readonly string[], name: string): readonly string[] {
  for (const [index, folder] of folders.entries()) {
    const found = ['', 'template', 'templates'].flatMap((below) =>
      namesIn(root, join(folder, below))
        .filter((entry) => TEMPLATE_FILE.test(entry) && isStemOf(entry, name, index === 0))
        .map((entry) => join(folder, below, entry)),
    )
    if (found.length > 0) return found
  }
  return []
}

const TEMPLATE_FILE = /[-_.](?:template|tmpl|tpl|in|j2|jinja2?|erb|m4|hbs|mustache|skeleton|ejs|gotmpl)$/i

/** In its own folder a template is called as the file is; above it one stands for several: `Dockerfile-linux.template`. */
function isStemOf(template: string, name: string, isBeside: boolean): boolean {
  if (template.toLowerCase().startsWith(`${name.toLowerCase()}.`)) return true
  return !isBeside && /^(?:docker|container)file[-_.]/i.test(template)
}

/** Files that may write others in a build. */
const SCRIPT = /\.(?:sh|bash|mk|mak|py|rb|pl|js|mjs)$|^(?:GNUm|M|m)akefile$|^justfile$|^Taskfile\.ya?ml$/
/** Scripts that are looked into. */
const MOST_SCRIPTS = 200

/** The scripts of a tree that write the file: `> "$dir/Dockerfile"`, `tee web/Dockerfile`, `-o Dockerfile`. */
function writersOf(path: string, root: string): readonly string[] {
  const name = basename(path)
  return walkOver(root, dirname(path), SCRIPT)
    .others.filter((file) => SCRIPT.test(basename(file)))
    .slice(0, MOST_SCRIPTS)
    .filter((file) => {
      const text = textIn(root, file)
      if (text === null || !text.includes(name)) return false
      return text
        .split('\n')
        .some((line) => line.length <= LONGEST && line.includes(name) && writes(line, path, [dirname(file), root]))
    })
}

function writes(line: string, path: string, folders: readonly string[]): boolean {
  const words = line
    .replace(/>+/g, ' > ')
    .split(/[\s;|&()]+/)
    .map((word) => (word === '>' ? word : bare(word)))
    .filter((word) => word !== '')
  return words.some((word, at) => {
    const isTarget = basename(word) === basename(path) && /^(?:>|tee|-a|-o|--output|--out)$/.test(words[at - 1] ?? '')
    if (!isTarget) return false
    // What follows its last variable has to be the end of the path.
    const variable = word.lastIndexOf('$')
    if (variable >= 0) return path.endsWith(word.slice(word.indexOf('/', variable)))
    return folders.some((folder) => resolve(folder, word) === path)
  })
}
