import type { ShellCommand } from '../command/index.ts'
import { normalisePath } from '../places.ts'
import { table } from '../table.ts'

type Word = ShellCommand['words'][number]

/** A tool that gives what it writes to its owner alone (mode 0600), by the option or the place of its path. */
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
  read: (word: Word) => string | null,
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
