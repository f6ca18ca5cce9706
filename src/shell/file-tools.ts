import { knownPrograms } from '../../catalogue/known-programs.ts'
import { table } from '../table.ts'
import type { Action, Puts, Unpacks, Writes } from './action.ts'
import type { Word } from './starters.ts'

/** What a program does with the words behind its name. */
export type ReadTool = (args: readonly Word[], tool: string) => readonly Action[]

/** What tools do to files, by their names; null for another program. */
export function fileActions(tool: string, args: readonly Word[]): readonly Action[] | null {
  const read = TOOLS[tool]
  if (read !== undefined) return read(args, tool)
  if (PACKERS.test(tool)) return packed(args, tool)
  if (COMPILERS.test(tool)) return valuesOf(args, /^-o$/).map((path) => replaced(tool, path))
  const writer = writers.find(({ program }) => program.test(tool))
  if (writer === undefined || has(args, /^(-h|--help|-l|-m)$/)) return null
  const folder = (known: 'folder' | 'tree') => (text: string) => ({
    ...replaced(tool, { text, value: text }),
    into: true as const,
    known,
  })
  return [...writer.folders.map(folder('folder')), ...(writer.trees ?? []).map(folder('tree'))]
}

/** The options among some words; `--` is none that says anything. */
function optionsOf(args: readonly Word[]): readonly string[] {
  return args.flatMap(({ text }) => (/^-./.test(text) ? [text] : []))
}

/** The words that are no options, and no values of those that `valued` names. */
function operandsOf(args: readonly Word[], valued?: RegExp): readonly Word[] {
  return args.filter(({ text }, at) => !/^-./.test(text) && valued?.test(args[at - 1]?.text ?? '') !== true)
}

/** The words behind an option, and what is joined to a long one by `=`. */
function valuesOf(args: readonly Word[], option: RegExp): readonly Word[] {
  return args.flatMap((word, at): readonly Word[] => {
    if (option.test(args[at - 1]?.text ?? '')) return [word]
    const [, name = '', value] = /^(--[\w-]+)=(.+)$/s.exec(word.text) ?? []
    if (value === undefined || !option.test(name)) return []
    return [{ text: value, value: word.value?.slice(name.length + 1) ?? null }]
  })
}

function has(args: readonly Word[], option: RegExp): boolean {
  return args.some(({ text }) => option.test(text))
}

function replaced(tool: string, path: Word): Writes {
  return { kind: 'writes', tool, path, replaces: true }
}

const RECURSIVE = /^(?:-[a-zA-Z]*[rRa]|--recursive$|--archive$)/
const MODE = /^(?:-[a-zA-Z]*m|--mode)$/
const OWNER = /^(?:-[a-zA-Z]*o|--owner)$/
const INSTALL_VALUED = /^(?:-[a-zA-Z]*[mogtS]|--(?:mode|owner|group|target-directory|suffix))$/
const COPY_VALUED = /^(?:-[a-zA-Z]*[tS]|--(?:target-directory|suffix))$/
/** Source: touch(1), mkfifo(1). */
const TOUCH_VALUED = /^-(?:[a-zA-Z]*[dtr]|-(?:date|reference))$/
const FIFO_VALUED = /^-(?:m|-mode)$/

const TOOLS: Readonly<Record<string, ReadTool>> = table({
  mkdir: (args) => [
    {
      kind: 'makes',
      tool: 'mkdir',
      folders: operandsOf(args, MODE),
      mode: valuesOf(args, MODE).at(-1) ?? null,
      owner: null,
    },
  ],
  install,
  cp: put,
  mv: put,
  ln: put,
  rsync: put,
  rm: removed,
  rmdir: removed,
  rimraf: removed,
  'del-cli': removed,
  del: removed,
  touch: (args) => operandsOf(args, TOUCH_VALUED).map((path) => ({ ...replaced('touch', path), replaces: false })),
  mkfifo: (args) => operandsOf(args, FIFO_VALUED).map((path) => replaced('mkfifo', path)),
  tee: (args) => {
    const anew = has(args, /^(-[a-zA-Z]*a|--append)/) ? {} : { anew: true as const }
    return operandsOf(args).map((path) => ({ kind: 'writes', tool: 'tee', path, replaces: false, ...anew }))
  },
  sed: (args) => (readSed(args).inPlace ? readSed(args).files.map((path) => edited('sed', path)) : []),
  perl: editor({ asked: /^-[a-zA-Z0]*i/, valued: /^-[a-zA-Z0]*[eE]$/ }),
  ruby: editor({ asked: /^-[a-zA-Z]*i/, valued: /^-[a-zA-Z]*e$/ }),
  yq: editor({ asked: /^(-[a-zA-Z]*i|--inplace)$/, file: /\.(ya?ml|json|toml|xml)["']?$/ }),
  dos2unix: editor({ asked: /^/, not: /^(-n|--newfile|-i|--info|--help|--version)/ }),
  crudini: editor({ asked: /^--(set|del|merge)$/, file: /\// }),
  curl: fetched({ to: /^(-[a-zA-Z]*o|--output)$/, here: /^(-[a-zA-Z]*O\b|--remote-name)/, not: /^--output-dir/ }),
  wget: fetched({
    to: /^(-[a-zA-Z]*O|--output-document)$/,
    here: /^(https?|ftp):|^"?\$/,
    not: /^(-[a-zA-Z]*O|-P|--output-document|--directory-prefix|--spider|--post)/,
  }),
  tar,
  bsdtar: tar,
  unzip: (args, tool) =>
    has(args, /^-[a-zA-Z]*[plvtz]/)
      ? []
      : [{ kind: 'unpacks', tool, into: valuesOf(args, /^-[a-zA-Z]*d$/)[0] ?? null }],
  git,
  svn: (args, tool) =>
    has(args, /^(?:checkout|co|export)$/) ? [{ kind: 'unpacks', tool, into: operandsOf(args).at(-1) ?? null }] : [],
  composer: (args, tool) =>
    has(args, /^create-project$/) ? [{ kind: 'unpacks', tool, into: operandsOf(args).at(-1) ?? null }] : [],
  openssl: (args) => [
    ...valuesOf(args, /^-keyout$/).map((path) => key('openssl', path, true)),
    ...valuesOf(args, /^-out$/).map((path) => key('openssl', path, has(args, OPENSSL_KEYS))),
  ],
  certtool: (args) =>
    valuesOf(args, /^--outfile$/).map((path) => key('certtool', path, has(args, /^(--generate-privkey|-p)$/))),
  mkcert: (args) => [
    ...valuesOf(args, /^--?key-file$/).map((path) => key('mkcert', path, true)),
    ...valuesOf(args, /^--?cert-file$/).map((path) => key('mkcert', path, false)),
  ],
  keytool: (args) => valuesOf(args, /^-(dest)?keystore$/).map((path) => key('keytool', path, false)),
  'ssh-keygen': (args) =>
    valuesOf(args, /^-f$/).flatMap((path) => [key('ssh-keygen', path, true), key('ssh-keygen', beside(path), false)]),
  mosquitto_passwd: (args) =>
    has(args, /^-[a-zA-Z]*[bc]/)
      ? operandsOf(args)
          .slice(0, 1)
          .map((path) => key('mosquitto_passwd', path, true))
      : [],
})

const OPENSSL_KEYS = /^(genrsa|genpkey|rsa|pkey|pkcs12|gendsa|ecparam|ec)$/

/** An empty file beforehand is one too many: ssh-keygen asks, keytool fails, and openssl leaves a key open to all. */
function key(tool: string, path: Word, isPrivate: boolean): Writes {
  return { ...replaced(tool, path), ...(isPrivate ? { isPrivate } : {}) }
}

/** The public half of a key. */
function beside({ text, value }: Word): Word {
  return { text: `${text}.pub`, value: value === null ? null : `${value}.pub` }
}

function install(args: readonly Word[]): readonly Action[] {
  const glued = args.flatMap(({ text }) => /^-o([^-].*)$/.exec(text)?.[1] ?? [])[0]
  const given = {
    mode: valuesOf(args, MODE)[0] ?? null,
    owner: valuesOf(args, OWNER)[0] ?? (glued === undefined ? null : { text: glued, value: glued }),
  }
  if (has(args, /^(?:-[a-zA-Z]*d|--directory$)/))
    return [{ kind: 'makes', tool: 'install', folders: operandsOf(args, INSTALL_VALUED), ...given }]
  return putBy('install', args, INSTALL_VALUED, given)
}

function put(args: readonly Word[], tool: string): readonly Action[] {
  return putBy(tool as Puts['tool'], args, tool === 'rsync' ? undefined : COPY_VALUED, { mode: null, owner: null })
}

function putBy(
  tool: Puts['tool'],
  args: readonly Word[],
  valued: RegExp | undefined,
  given: Pick<Puts, 'mode' | 'owner'>,
): readonly Action[] {
  const operands = operandsOf(args, valued)
  const [folder] = valued === undefined ? [] : valuesOf(args, /^(?:-[a-zA-Z]*t|--target-directory)$/)
  const to = folder ?? operands.at(-1)
  const sources = folder === undefined ? operands.slice(0, -1) : operands
  if (to === undefined || sources.length === 0) return []
  const recursive = tool === 'mv' || tool === 'rsync' || has(args, RECURSIVE)
  return [{ kind: 'puts', tool, options: optionsOf(args), sources, to, recursive, ...given }]
}

function removed(args: readonly Word[], tool: string): readonly Action[] {
  const recursive = !/^rm(?:dir)?$/.test(tool) || has(args, RECURSIVE)
  return [{ kind: 'removes', tool, paths: operandsOf(args), recursive }]
}

function edited(tool: string, path: Word): Writes {
  return { ...replaced(tool, path), edits: true }
}

/** The words of a `sed`. Without `-e` and `-f` the first operand is its script. */
export function readSed(args: readonly Word[]): {
  readonly scripts: readonly Word[]
  readonly files: readonly Word[]
  readonly inPlace: boolean
} {
  const operands = operandsOf(args, /^(?:-[a-zA-Z]*[ef]|--expression|--file)$/)
  const given = valuesOf(args, /^(?:-[a-zA-Z]*e|--expression)$/)
  const isGiven = given.length > 0 || has(args, /^(?:-[a-zA-Z]*f$|--file)/)
  return {
    scripts: isGiven ? given : operands.slice(0, 1),
    files: isGiven ? operands : operands.slice(1),
    inPlace: has(args, IN_PLACE),
  }
}

/** Files are changed where they are. */
export const IN_PLACE = /^(-[a-zA-Z]*i|--in-place)/

interface Editor {
  readonly asked: RegExp
  readonly not?: RegExp
  readonly valued?: RegExp
  readonly file?: RegExp
}

/** Programs that change files which are there, most of them by putting a new one in the place of the old. */
function editor({ asked, not, valued, file = /^/ }: Editor): ReadTool {
  return (args, tool) =>
    !has(args, asked) || (not !== undefined && has(args, not))
      ? []
      : operandsOf(args, valued)
          .filter(({ text }) => file.test(text))
          .map((path) => edited(tool, path))
}

interface Fetcher {
  readonly to: RegExp
  /** It puts something where it starts, but for what `not` says. */
  readonly here: RegExp
  readonly not: RegExp
}

function fetched({ to, here, not }: Fetcher): ReadTool {
  return (args, tool) => {
    const [path] = valuesOf(args, to)
    if (path?.text === '-') return []
    if (path !== undefined) return [{ kind: 'writes', tool, path, replaces: false }]
    return has(args, here) && !has(args, not) ? [{ kind: 'unpacks', tool, into: null }] : []
  }
}

function tar(args: readonly Word[], tool: string): readonly Action[] {
  const [first] = args
  // `tar czf backup.tgz .`
  if (first !== undefined && /^-?[a-zA-Z]*[cru]/.test(first.text)) {
    const file = /f$/.test(first.text) ? args[1] : valuesOf(args, /^-f$/)[0]
    return file === undefined || /^-/.test(file.text) ? [] : [{ kind: 'writes', tool, path: file, replaces: false }]
  }
  const [into] = valuesOf(args, /^(?:-[a-zA-Z]*C|--directory)$/)
  if (into !== undefined) return [{ kind: 'unpacks', tool, into }]
  const isRead =
    has(args, /^(?:-?[a-wyzA-Z]*x[a-zA-Z]*|--extract|--get)$/) && !has(args, /^-?[a-zA-Z]*O\b|^--to-stdout/)
  return isRead ? [{ kind: 'unpacks', tool, into: null }] : []
}

const GIT_VALUED = /^(-C|-c|-b|-o|-u|-j|--(branch|depth|origin|jobs|reference|config|template|git-dir|work-tree))$/

/** `git clone URL [FOLDER]`. `git -C FOLDER pull`: all of it changes, and git wants it its own. */
function git(args: readonly Word[], tool: string): readonly Action[] {
  const [verb, ...operands] = operandsOf(args, GIT_VALUED)
  const [at] = valuesOf(args, /^-C$/)
  if (verb?.text !== 'clone') {
    const isChanged = /^(pull|fetch|checkout|reset|clean|merge|rebase|submodule|commit)$/.test(verb?.text ?? '')
    return at !== undefined && isChanged ? [{ ...replaced(tool, at), into: true, known: 'tree' }] : []
  }
  const address = operands.findIndex(({ text }) => /:|\.git["']?$/.test(text))
  const url = address >= 0 ? address : operands.findIndex(({ text }) => /^["']?\$/.test(text))
  return url < 0 ? [] : [{ kind: 'unpacks', tool, into: operands[url + 1] ?? null }]
}

/** They put what they make in the place of the file, or beside it. */
const PACKERS = /^(gzip|gunzip|bzip2|bunzip2|xz|unxz|lzma|unlzma)$/

function packed(args: readonly Word[], tool: string): readonly Action[] {
  const isShown = has(args, /^-[a-zA-Z]*[ctlV]|^--(stdout|test|list|version)/)
  return isShown ? [] : operandsOf(args).map((path) => replaced(tool, path))
}

/** They put what they make in the place of what was there. */
const COMPILERS = /^([\w-]+-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|rustc)(-\d+)?$/

const writers = knownPrograms.writers.map((tool) => ({ ...tool, program: new RegExp(`^(?:${tool.program})$`) }))

/** `docker-gen nginx.tmpl /etc/nginx/conf.d/default.conf`: what stands behind a template is what is made of it. */
export function isRendered(before: string, path: string): boolean {
  return TEMPLATE.test(before) && !before.startsWith('-') && path.startsWith('/') && !TEMPLATE.test(path)
}

const TEMPLATE = /\.(?:tmpl|tpl|template|j2|jinja2?|erb|mustache)["']?$/

/** Files that a program of which nothing else is known makes of templates. */
export function renderedFiles(tool: string, args: readonly Word[]): readonly Writes[] {
  if (READS_ALL.test(tool)) return []
  return args
    .filter(({ text }, at) => isRendered(args[at - 1]?.text ?? '', text.replace(/^"/, '')))
    .map((path) => ({ ...replaced(tool, path), anew: true }))
}

/** All that they are given is read. */
const READS_ALL = /^(cat|grep|ls|test|\[\[?|rm|diff|cmp|head|tail|stat|echo|printf|chmod|chown|chgrp|sha\d+sum|md5sum)$/

/** What is put somewhere, as what it writes there; what `mv` takes away leaves its folder. */
export function writtenBy(action: Action): readonly Writes[] {
  switch (action.kind) {
    case 'writes':
      return [action]
    case 'unpacks':
      return unpackedTo(action)
    case 'puts':
      return putAs(action)
    default:
      return []
  }
}

const HERE: Word = { text: '.', value: '.' }

function unpackedTo({ tool, into }: Unpacks): readonly Writes[] {
  const folder = (path: Word): readonly Writes[] => [{ kind: 'writes', tool, path, replaces: false, into: true }]
  // A clone makes the folder in another one.
  if (tool !== 'git' || into === null) return into?.text === '-' ? [] : folder(into ?? HERE)
  const text = /\/./.test(into.text) ? into.text.replace(/\/[^/]*$/, '') || '/' : HERE.text
  return folder({ text, value: null })
}

function putAs({ tool, options, sources, to }: Puts): readonly Writes[] {
  if (tool === 'install' || tool === 'rsync') return []
  const [first] = sources
  const isInto =
    /\/\.?["']?$/.test(to.text) ||
    sources.length > 1 ||
    /[*?]|\/\.?["']?$/.test(first?.text ?? '') ||
    options.some((option) => /^(?:-[a-zA-Z]*t|--target-directory)/.test(option))
  const taken = tool === 'mv' ? sources.map((path) => replaced(tool, path)) : []
  if (!isInto) {
    const made = replaced(tool, to)
    return [...taken, tool === 'cp' ? { ...made, replaces: false, anew: true } : made]
  }
  const text = to.text.replace(/\/\.?(["']?)$/, '$1')
  return [...taken, { kind: 'writes', tool, path: { text, value: null }, replaces: false, into: true }]
}
