import { baseName, normalisePath } from '../places.ts'
import type { ShellCommand, ShellWord } from '../shell/index.ts'
import { table } from '../table.ts'
import type { RunAction } from './run-actions.ts'

/** A tool that writes files for their owner alone (mode 0600), and the option or operand with the path. */
interface KeyTool {
  /** Must stand among its words. */
  readonly with?: RegExp
  readonly options: readonly string[]
  /** Its first operand, where it has no such option. */
  readonly operand?: boolean
}

/** openssl(1), ssh-keygen(1), certtool(1), mosquitto_passwd(1); mkcert's README. */
const TOOLS: Readonly<Record<string, readonly KeyTool[]>> = table({
  openssl: [
    { options: ['-keyout'] },
    { with: /^(genrsa|genpkey|rsa|pkey|pkcs12|gendsa|ecparam|ec)$/, options: ['-out'] },
  ],
  'ssh-keygen': [{ options: ['-f'] }],
  certtool: [{ with: /^(--generate-privkey|-p)$/, options: ['--outfile'] }],
  mkcert: [{ options: ['-key-file', '--key-file'] }],
  mosquitto_passwd: [{ with: /^-[a-zA-Z]*[bc]/, options: [], operand: true }],
})

/** Files that a command makes for their owner alone. `read` reads a word, null where its text does not tell. */
export function keysOf(
  { name, words }: ShellCommand,
  read: (word: ShellWord) => string | null,
  folder: string | null,
): readonly string[] {
  const args = words.slice(1)
  const found = (TOOLS[name ?? ''] ?? []).flatMap((tool) => {
    if (tool.with !== undefined && !args.some(({ text }) => tool.with?.test(text))) return []
    if (tool.operand === true) return args.filter(({ text }) => !text.startsWith('-')).slice(0, 1)
    return args.filter((_, index) => tool.options.includes(args[index - 1]?.text ?? ''))
  })
  return found.flatMap((word) => {
    const value = read(word)
    return value === null ? [] : (normalisePath(value, folder ?? '') ?? [])
  })
}

/**
 * The files that `mv`, `cp` and `install` put elsewhere; `value` is the destination, with a slash at its end where it is certainly
 * a folder. Null for other commands, where the text does not tell, and for one file that `runTexts` follows.
 */
export function placedBy(
  { name, words }: ShellCommand,
  read: (word: ShellWord) => string | null,
  folder: string | null,
): Pick<RunAction, 'tool' | 'paths' | 'value' | 'recursive'> | null {
  if (name !== 'mv' && name !== 'cp' && name !== 'install') return null
  const args = words.slice(1)
  // An option that takes a word, or that names the folder first, changes the meaning.
  if (
    args.some(({ text }) =>
      /^(-[a-zA-Z]*[tSgo]\b|--(?!recursive|force|verbose|archive|preserve|no-clobber))/.test(text),
    )
  )
    return null
  const isFolder = name === 'install' && args.some(({ text }) => /^-[a-zA-Z]*d/.test(text))
  const operands = args.filter(
    ({ text }, index) =>
      !text.startsWith('-') && !(name === 'install' && /^-[a-zA-Z]*m$/.test(args[index - 1]?.text ?? '')),
  )
  const last = operands.at(-1)
  const to = last === undefined ? null : read(last)
  if (isFolder || operands.length < 2 || to === null) return null
  const sources = operands
    .slice(0, -1)
    .map((word) => read(word) ?? (/^[\w./*?+:@%-]+$/.test(word.text) ? word.text : null))
  const paths = sources.map((each) => (each === null ? null : normalisePath(each.replace(/\/\.$/, '/*'), folder ?? '')))
  const place = normalisePath(to, folder ?? '')
  if (place === null || !paths.every((path) => path !== null)) return null
  const isOne = paths.length === 1 && !paths.some((path) => /[*?]/.test(path))
  if (isOne && name !== 'install' && args.every(({ text }) => !/^-(?![afpv]+$)/.test(text))) return null
  const isInto = paths.length > 1 || /(^|\/)\.?$/.test(to) || paths.some((path) => /[*?]/.test(path))
  return {
    tool: name === 'mv' ? 'move' : 'copy',
    paths,
    value: isInto && place !== '/' ? `${place}/` : place,
    recursive: name === 'mv' || args.some(({ text }) => /^(-[a-zA-Z]*[rRa]|--recursive$|--archive$)/.test(text)),
  }
}

type LinkAction = Pick<RunAction, 'tool' | 'paths' | 'value'>

/**
 * Links that a command makes or takes away: `ln -s`, and a2ensite(8), which links a site of `sites-available`. `read`
 * reads a word, null where its text does not tell.
 */
export function linkActions(
  { name, words }: ShellCommand,
  read: (word: ShellCommand['words'][number]) => string | null,
  folder: string | null,
): readonly LinkAction[] {
  const operands = words.slice(1).filter(({ text }) => !text.startsWith('-'))
  const values = operands.map(read)
  if (name === 'ln') {
    const [target, at] = values
    const isSymbolic = words.some(({ text }) => /^(-[a-rt-zA-Z]*s[a-zA-Z]*|--symbolic)$/.test(text))
    if (!isSymbolic || values.length !== 2 || target == null || at == null) return []
    const place = normalisePath(at.endsWith('/') ? `${at}${baseName(target)}` : at, folder ?? '')
    return place === null ? [] : [{ tool: 'link', paths: [place], value: target }]
  }
  const tool = name === 'a2ensite' ? 'link' : name === 'a2dissite' ? 'rm' : null
  if (tool === null) return []
  return values.flatMap((value) => {
    const site = value?.replace(/\.conf$/, '')
    if (site === undefined) return []
    const link = `/etc/apache2/sites-enabled/${site}.conf`
    return [{ tool, paths: [link], value: tool === 'link' ? `../sites-available/${site}.conf` : null }]
  })
}

/** A tool that fills a folder with files that no text of the stage shows. */
interface Unpacker {
  /** Must stand among its words. */
  readonly when: RegExp
  /** The option in front of the folder, or the working folder; without it the last operand is the folder. */
  readonly into?: RegExp
}

/** tar(1), unzip(1), git-clone(1), svn-checkout, composer's create-project. */
const UNPACKERS: Readonly<Record<string, Unpacker>> = table({
  tar: { when: /^(?:-?[a-wyzA-Z]*x[a-zA-Z]*|--extract|--get)$/, into: /^(?:-[a-zA-Z]*C|--directory)$/ },
  bsdtar: { when: /^-?[a-wyzA-Z]*x[a-zA-Z]*$/, into: /^(?:-[a-zA-Z]*C|--directory)$/ },
  unzip: { when: /./, into: /^-[a-zA-Z]*d$/ },
  git: { when: /^clone$/ },
  svn: { when: /^(?:checkout|co|export)$/ },
  composer: { when: /^create-project$/ },
})

/** The folder that a command unpacks something into. Null for none, or where its text does not tell. */
export function unpackedInto(
  { name, words }: ShellCommand,
  read: (word: ShellWord) => string | null,
  folder: string | null,
): string | null {
  const tool = UNPACKERS[name ?? '']
  const args = words.slice(1)
  if (tool === undefined || !args.some(({ text }) => tool.when.test(text))) return null
  const at = tool.into === undefined ? -1 : args.findIndex(({ text }) => tool.into?.test(text))
  const glued = args.flatMap(({ text }) => /^--directory=(.+)$/.exec(text)?.[1] ?? [])[0]
  if (tool.into !== undefined && at < 0 && glued === undefined) return folder
  const word = tool.into === undefined ? args.filter(({ text }) => !text.startsWith('-')).at(-1) : args[at + 1]
  const path = glued ?? (word === undefined ? null : read(word))
  return path === null ? null : normalisePath(path, folder ?? '')
}
