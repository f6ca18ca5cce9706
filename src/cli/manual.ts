import { version } from '../report/report.ts'
import { type CommandHelp, commandHelp } from './arguments.ts'

/** The page of the manual, for man(1): harden-image(1), from the same definitions as --help. Source: groff_man(7). */
export function manual(): string {
  const { commands, intro, epilogue } = commandHelp()
  const [main, ...verbs] = commands
  if (main === undefined) throw new Error('there is nothing to call')
  const [what = '', codes = ''] = epilogue.split('\n\n')
  return [
    `.TH HARDEN-IMAGE 1 "" "harden-image ${version}" "User Commands"`,
    '.SH NAME',
    'harden\\-image \\- run containers as non\\-root, and prove that they still work',
    '.SH SYNOPSIS',
    '.B harden\\-image',
    `[\\fIflags\\fR] [\\fItargets\\fR ...]`,
    ...verbs.flatMap(({ name, summary }) => ['.br', '.B harden\\-image', line(`${name} ${takenBy(summary)}`)]),
    '.SH DESCRIPTION',
    line(intro.replaceAll('\n', ' ')),
    '.PP',
    line(what),
    '.SH OPTIONS',
    ...options(main),
    '.SH VERBS',
    ...verbs.flatMap((verb) => [
      `.SS ${line(verb.name ?? '')}`,
      line(verb.summary),
      ...options(verb),
      ...examples(verb),
    ]),
    '.SH EXIT STATUS',
    line(codes.replace(/^Exit codes: /, '')),
    '.SH EXAMPLES',
    ...examples(main),
    '',
  ]
    .filter((one, at, all) => one !== '.PP' || !/^\.(S[HS]|PP)/.test(all[at - 1] ?? ''))
    .join('\n')
}

function takenBy(summary: string): string {
  return /^[^:]*(?=: )/.exec(summary)?.[0] ?? ''
}

/** With their groups as headings, as --help has them. */
function options({ flags, name }: CommandHelp): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const [long, { alias, type, describe = '', group = '' }] of Object.entries(flags)) {
    const names = [...(typeof alias === 'string' ? [`-${alias}`] : []), `--${long}`].map(
      (one) => `\\fB${line(one)}\\fR`,
    )
    const value = type === 'boolean' ? '' : ' \\fIVALUE\\fR'
    const lines = groups.get(group) ?? []
    groups.set(group, [...lines, '.TP', `${names.join(', ')}${value}`, line(describe)])
  }
  return [...groups].flatMap(([group, lines]) => [
    // A verb has its own heading already.
    ...(group === '' || name !== null ? [] : [`.SS ${line(group.replace(/:$/, ''))}`]),
    ...lines,
  ])
}

function examples({ examples }: CommandHelp): readonly string[] {
  return examples.flatMap(([command, says]) => [
    ...(says === '' ? [] : ['.PP', `${line(says.replace(/:$/, ''))}:`]),
    '.RS',
    '.nf',
    line(command.replaceAll('$0', 'harden-image')),
    '.fi',
    '.RE',
  ])
}

/** Text as troff prints it: no escape, no hyphen in place of a minus, no request at the start. */
function line(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('…', '...').replaceAll('→', '\\(->')
  return /^[.']/.test(plain) ? `\\&${plain}` : plain
}
