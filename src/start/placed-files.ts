import { knownPrograms } from '../../catalogue/known-programs.ts'
import type { ShellCommand } from '../shell/index.ts'
import { table } from '../table.ts'

/** A path that a command writes, as the script's text has it. */
export interface Write {
  readonly text: string
  readonly replaces: boolean
  /** It is a folder that something is put into. */
  readonly into?: true
  /** What the tool writes is known, and nothing else in that folder is in its way; `tree`: in those below too. */
  readonly known?: 'folder' | 'tree'
  /** Nothing of what was in it before is left. */
  readonly anew?: true
  /** It changes a file that is there already. */
  readonly edits?: true
}

/** Options of what fetches or unpacks that name where to, and those with which it puts nothing where it starts. */
const FETCHERS: Readonly<
  Record<string, { readonly option: RegExp; readonly folder?: true; readonly here: RegExp; readonly not: RegExp }>
> = table({
  curl: { option: /^(-[a-zA-Z]*o|--output)$/, here: /^(-[a-zA-Z]*O\b|--remote-name)/, not: /^--output-dir/ },
  wget: {
    option: /^(-[a-zA-Z]*O|--output-document)$/,
    here: /^(https?|ftp):|^"?\$/,
    not: /^(-[a-zA-Z]*O|-P|--output-document|--directory-prefix|--spider|--post)/,
  },
  tar: {
    option: /^(-C|--directory)$/,
    folder: true,
    here: /^-?[a-zA-Z]*x|^--(extract|get)/,
    not: /^-?[a-zA-Z]*O\b|^--to-stdout/,
  },
  unzip: { option: /^-d$/, folder: true, here: /\.zip["']?$/, not: /^-[a-zA-Z]*[plvtz]/ },
})

/** Options of what makes keys, certificates and stores that name the file; ssh-keygen puts the public half beside its key. */
const MAKERS: Readonly<Record<string, RegExp>> = table({
  openssl: /^-(out|keyout)$/,
  certtool: /^--outfile$/,
  mkcert: /^--?(cert|key)-file$/,
  keytool: /^-(dest)?keystore$/,
  'ssh-keygen': /^-f$/,
})

/** Programs that change files which are there, most of them by putting a new one in the place of the old. */
const EDITORS: Readonly<
  Record<string, { readonly asked: RegExp; readonly not?: RegExp; readonly valued?: RegExp; readonly file: RegExp }>
> = table({
  perl: { asked: /^-[a-zA-Z0]*i/, valued: /^-[a-zA-Z0]*[eE]$/, file: /^/ },
  ruby: { asked: /^-[a-zA-Z]*i/, valued: /^-[a-zA-Z]*e$/, file: /^/ },
  yq: { asked: /^(-[a-zA-Z]*i|--inplace)$/, file: /\.(ya?ml|json|toml|xml)["']?$/ },
  dos2unix: { asked: /^/, not: /^(-n|--newfile|-i|--info|--help|--version)/, file: /^/ },
  crudini: { asked: /^--(set|del|merge)$/, file: /\// },
})

/** They put what they make in the place of the file, or beside it. */
const PACKERS = /^(gzip|gunzip|bzip2|bunzip2|xz|unxz|lzma|unlzma)$/
/** They put what they make in the place of what was there. */
const COMPILERS = /^([\w-]+-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|rustc)(-\d+)?$/
const HERE: Write = { text: '.', replaces: false, into: true }

/** Source: touch(1), mkfifo(1). */
const TOUCH_VALUE = /^-(?:[a-zA-Z]*[dtr]|-(?:date|reference))$/
const FIFO_VALUE = /^-(?:m|-mode)$/

const writers = knownPrograms.writers.map((tool) => ({ ...tool, program: new RegExp(`^(?:${tool.program})$`) }))

/**
 * What `cp`, `mv`, `touch`, `ln` and `mkfifo` put somewhere, what is fetched, unpacked or cloned; what `mv` takes away
 * leaves its folder. Null for other tools.
 */
export function placedBy(tool: string, args: ShellCommand['words']): readonly Write[] | null {
  const operands = args.filter(({ text }) => !/^-/.test(text))
  const last = operands.at(-1)
  if (tool === 'touch' || tool === 'mkfifo') {
    // `mkfifo -m 600 PATH`, `touch -d yesterday PATH`.
    const takesValue = tool === 'touch' ? TOUCH_VALUE : FIFO_VALUE
    const named = args.filter(({ text }, at) => !text.startsWith('-') && !takesValue.test(args[at - 1]?.text ?? ''))
    return named.map(({ text }) => ({ text, replaces: tool === 'mkfifo' }))
  }
  if (Object.hasOwn(EDITORS, tool)) return edited(tool, args)
  if (tool === 'git') return gitWrites(args.map(({ text }) => text))
  if (PACKERS.test(tool))
    return args.some(({ text }) => /^-[a-zA-Z]*[ctlV]|^--(stdout|test|list|version)/.test(text))
      ? []
      : operands.map(({ text }) => ({ text, replaces: true }))
  if (COMPILERS.test(tool)) {
    const made = args[args.findIndex(({ text }) => text === '-o') + 1]
    return made === undefined || !args.some(({ text }) => text === '-o') ? [] : [{ text: made.text, replaces: true }]
  }
  const known = writers.find(({ program }) => program.test(tool))
  if (known !== undefined && !args.some(({ text }) => /^(-h|--help|-l|-m)$/.test(text)))
    return [
      ...known.folders.map((text): Write => ({ text, replaces: true, into: true, known: 'folder' })),
      ...(known.trees ?? []).map((text): Write => ({ text, replaces: true, into: true, known: 'tree' })),
    ]
  if (Object.hasOwn(FETCHERS, tool)) return fetched(tool, args)
  const maker = Object.hasOwn(MAKERS, tool) ? MAKERS[tool] : undefined
  if (maker !== undefined) {
    const made = args.filter((_, index) => maker.test(args[index - 1]?.text ?? ''))
    return made.flatMap(({ text }) => [text, ...(tool === 'ssh-keygen' ? [`${text}.pub`] : [])].map(anew))
  }
  if (!/^(cp|mv|ln)$/.test(tool)) return null
  if (last === undefined || operands.length < 2) return []
  const { text } = last
  const isFolder = /\/\.?["']?$/.test(text) || operands.length > 2 || /[*?]|\/\.?["']?$/.test(operands[0]?.text ?? '')
  const taken = tool === 'mv' ? operands.slice(0, -1).map((each) => ({ text: each.text, replaces: true })) : []
  if (isFolder) return [...taken, { text: text.replace(/\/\.?(["']?)$/, '$1'), replaces: false, into: true }]
  return [...taken, tool === 'cp' ? { text, replaces: false, anew: true } : { text, replaces: true }]
}

/** An empty file beforehand is one too many: ssh-keygen asks, keytool fails, and openssl leaves a key open to all. */
function anew(text: string): Write {
  return { text, replaces: true }
}

/** `docker-gen nginx.tmpl /etc/nginx/conf.d/default.conf`: what stands behind a template is what is made of it. */
export function isRendered(before: string, path: string): boolean {
  return TEMPLATE.test(before) && !before.startsWith('-') && path.startsWith('/') && !TEMPLATE.test(path)
}

const TEMPLATE = /\.(?:tmpl|tpl|template|j2|jinja2?|erb|mustache)["']?$/

function edited(tool: string, args: ShellCommand['words']): readonly Write[] {
  const editor = EDITORS[tool]
  const isSaid = (option: RegExp | undefined): boolean =>
    option !== undefined && args.some(({ text }) => option.test(text))
  if (editor === undefined || !isSaid(editor.asked) || isSaid(editor.not)) return []
  const { valued, file } = editor
  return args
    .filter(({ text }, index) => !text.startsWith('-') && valued?.test(args[index - 1]?.text ?? '') !== true)
    .filter(({ text }) => file.test(text))
    .map(({ text }) => ({ text, replaces: true, edits: true }))
}

function fetched(tool: string, args: ShellCommand['words']): readonly Write[] {
  const told = FETCHERS[tool]
  if (told === undefined) return []
  // `tar czf backup.tgz .`
  const packs = tool === 'tar' && /^-?[a-zA-Z]*[cru]/.test(args[0]?.text ?? '') && !/^--/.test(args[0]?.text ?? '')
  if (packs) {
    const file = /f$/.test(args[0]?.text ?? '') ? args[1] : args[args.findIndex(({ text }) => text === '-f') + 1]
    return file === undefined || file.text === '-' || /^-/.test(file.text) ? [] : [{ text: file.text, replaces: false }]
  }
  const at = args.findIndex(({ text }) => told.option.test(text))
  const value = at < 0 ? undefined : args[at + 1]
  if (value?.text === '-') return []
  if (value !== undefined)
    return [{ text: value.text, replaces: false, ...(told.folder === true ? { into: true as const } : {}) }]
  const isHere = args.some(({ text }) => told.here.test(text)) && !args.some(({ text }) => told.not.test(text))
  return isHere ? [HERE] : []
}

/** `git clone URL [FOLDER]`: the folder is made in another one. `git -C FOLDER pull`: all of it changes, and git wants it its own. */
function gitWrites(args: readonly string[]): readonly Write[] {
  const words = args.filter((text, index) => !text.startsWith('-') && !GIT_VALUED.test(args[index - 1] ?? ''))
  const [verb, ...operands] = words
  const at = args.indexOf('-C') + 1
  if (verb !== 'clone')
    return at > 0 && /^(pull|fetch|checkout|reset|clean|merge|rebase|submodule|commit)$/.test(verb ?? '')
      ? [{ text: args[at] ?? '', replaces: true, into: true, known: 'tree' }]
      : []
  const isAddress = operands.findIndex((text) => /:|\.git["']?$/.test(text))
  const url = isAddress >= 0 ? isAddress : operands.findIndex((text) => /^["']?\$/.test(text))
  const folder = url < 0 ? undefined : operands[url + 1]
  if (url < 0) return []
  if (folder === undefined || !/\/./.test(folder)) return [HERE]
  return [{ text: folder.replace(/\/[^/]*$/, '') || '/', replaces: false, into: true }]
}

const GIT_VALUED = /^(-C|-c|-b|-o|-u|-j|--(branch|depth|origin|jobs|reference|config|template|git-dir|work-tree))$/
