import { escapeEre, type FileEdit, inPlaceOf, type Substitution } from '../../evidence/file-edit.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { CHROOT } from '../../start/config-lines.ts'
import type { OwnerLine, RootAction, StepDown, StepDownReport } from '../../start/step-down.ts'
import { joinAnd } from '../../words.ts'

/** Removes the line that names the owner of files. */
export function ownerEdit({ path, line, text }: OwnerLine): FileEdit {
  const said = text.trim()
  return {
    path,
    substitutions: [lineWithout(said)],
    reason: 'only root can give files to somebody else',
    purpose: 'config',
    evidence: [{ source: 'step-down', subject: path, detail: `line ${line}: ${said}` }],
  }
}

function lineWithout(line: string): Substitution {
  return {
    pattern: `^[[:space:]]*${escapeEre(line)}[[:space:]]*$`,
    replacement: '',
    global: false,
    remove: true,
  }
}

/** Empty for what stands in ENTRYPOINT or CMD, and where it cannot be said. */
export function editOf(found: StepDown, facts: ImageFacts, all: readonly StepDown[]): readonly FileEdit[] {
  if (found.kind === 'argv' || found.path === null || found.edits === null) return []
  return found.kind === 'directive' ? directiveEdit(found, found.path, facts) : scriptEdit(found, found.path, all)
}

/** Takes out the lines that name user and group, and with them a chroot, which only root can do either. */
function directiveEdit(found: StepDown, path: string, facts: ImageFacts): readonly FileEdit[] {
  const text = (facts.files.known ? facts.files.value.text(path) : null) ?? ''
  const lines = [
    ...(found.edits ?? []).map(({ span }) => text.slice(span.start, span.end).trim()),
    ...text
      .split('\n')
      .filter((line) => CHROOT.test(line))
      .map((line) => line.trim()),
  ]
  return [
    {
      path,
      substitutions: [...new Set(lines)].filter((line) => line !== '' && !line.includes('\n')).map(lineWithout),
      reason: `${found.tool} has its own user already, and only root can switch`,
      purpose: 'config',
      evidence: [{ source: 'step-down', subject: path, detail: `line ${found.line ?? '?'}: ${found.text}` }],
    },
  ]
}

function scriptEdit(found: StepDown, path: string, all: readonly StepDown[]): readonly FileEdit[] {
  const changed = found.text.includes('\n') ? null : withoutSwitch(found)
  if (changed === null) return []
  const alike = all.filter((other) => other.path === path && other.user === found.user && other.kind === found.kind)
  return [
    {
      path,
      substitutions: [inPlaceOf(found.text, changed)],
      reason: `it starts as ${found.user ?? 'the user'} already, and only root can run ${eachOnce(alike.map(({ tool }) => tool))}`,
      purpose: 'step-down',
      evidence: [{ source: 'step-down', subject: path, detail: `line ${found.line ?? '?'}: ${found.text}` }],
    },
  ]
}

/** The command's own text after its edits. The command may stand several times in the script: the text is what counts. */
function withoutSwitch(found: StepDown): string | null {
  const [edit, ...more] = found.edits ?? []
  if (edit === undefined || more.length > 0) return null
  const length = edit.span.end - edit.span.start
  const at = found.text.length - (found.end - edit.span.start)
  if (at < 0 || at + length > found.text.length) return null
  return `${found.text.slice(0, at)}${edit.text}${found.text.slice(at + length)}`
}

/** Whether it needs root for more than the run shows of its condition. */
export function passEdit({ path, line, text, passed }: StepDownReport['refusals'][number]): FileEdit {
  return {
    path,
    substitutions: [inPlaceOf(text, passed)],
    reason: 'the script ends unless it is root',
    purpose: 'step-down',
    evidence: [{ source: 'step-down', subject: path, detail: `line ${line}: ${text}` }],
  }
}

/** `all`: every other action for root in its script. `guards`: those that are already behind a condition. */
export function guardEdit(
  action: RootAction,
  guards: readonly RootAction[],
  all: readonly RootAction[],
): readonly FileEdit[] {
  const path = action.script
  if (path === null || !canBeGuarded(action)) return []
  const isHere = ({ script }: RootAction): boolean => script === action.script
  const others = all.filter((other) => isHere(other) && other.text !== action.text).map(({ text }) => text)
  return [
    {
      path,
      substitutions: [
        action.text.includes('\n')
          ? firstLineForRoot(action)
          : onlyAsCommand(inPlaceOf(action.text, forRoot(action)), action.text, others),
      ],
      reason: whyForRoot(guards.filter(isHere), 'script'),
      purpose: 'step-down',
      evidence: [{ source: 'step-down', subject: path, detail: `line ${action.line}: ${firstLine(action)}` }],
    },
  ]
}

/** The line can be found in its script; the first of several can, where nothing before it decides for all. */
export function canBeGuarded({ text, tool, begins }: RootAction): boolean {
  return !text.includes('\n') || (begins && text.startsWith(tool) && /^[^\n]*\\\n/.test(text))
}

function firstLine({ text }: RootAction): string {
  return text.split('\n')[0] ?? ''
}

/** `chown -R app \` with its continued lines: a condition put before it covers all of them. */
function firstLineForRoot(action: RootAction): Substitution {
  const { pattern, replacement } = inPlaceOf(firstLine(action), `[ "$(id -u)" != 0 ] || ${firstLine(action)}`)
  return { pattern: `${BEFORE_COMMAND}${pattern}$`, replacement: `\\1\\2${replacement}`, global: false }
}

/** `chown app /data` also begins `chown app /data/logs`, and ends `UMASK=0 chown app /data`. */
function onlyAsCommand(plain: Substitution, text: string, others: readonly string[]): Substitution {
  const parts = others.filter((other) => other.includes(text))
  if (parts.length === 0) return plain
  const { pattern, replacement } = plain
  return parts.every((other) => other.startsWith(text))
    ? { ...plain, pattern: `${pattern}${AFTER_WORD}`, replacement: `${replacement}\\1` }
    : {
        ...plain,
        pattern: `${BEFORE_COMMAND}${pattern}${AFTER_WORD}`,
        replacement: `\\1\\2${replacement}\\3`,
      }
}

const BEFORE_COMMAND = '(^|[;&|(){}!]|then|else|do)([[:space:]]*)'
const AFTER_WORD = '([^[:alnum:]_./-]|$)'

/** A switch in the text of `sh -c` (`CMD exec gosu app server`) that can be taken out of it. */
export function isInText(found: StepDown): boolean {
  return found.kind === 'entrypoint-script' && found.path === null && withoutSwitch(found) !== null
}

/** The command with these switches removed from the text of its `sh -c`; null where it has none of them. */
export function unswitchedArgv(
  argv: readonly string[] | null,
  inText: readonly StepDown[],
): { readonly argv: readonly string[]; readonly found: readonly StepDown[] } | null {
  const found = inText.filter(({ text }) => argv?.some((word) => word.includes(text)))
  if (argv === null || found.length === 0) return null
  const others = new Map(found.map((one) => [one.text, withoutSwitch(one) ?? one.text]))
  return { argv: argv.map((word) => withTexts(word, others)), found }
}

/** The command with these actions guarded in the text of its `sh -c`; null where it has none of them. */
export function guardedArgv(
  argv: readonly string[] | null,
  inline: readonly RootAction[],
): { readonly argv: readonly string[]; readonly reason: string } | null {
  const found = inline.filter(({ text }) => argv?.some((word) => word.includes(text)))
  if (argv === null || found.length === 0) return null
  const guarded = new Map(found.map((action) => [action.text, forRoot(action)]))
  return { argv: argv.map((word) => withTexts(word, guarded)), reason: whyForRoot(found, 'container') }
}

/** Replaces several commands at once: one may be the beginning or the end of another. */
function withTexts(word: string, others: ReadonlyMap<string, string>): string {
  const texts = [...others.keys()].toSorted((a, b) => b.length - a.length).map((text) => escapeEre(text))
  const whole = new RegExp(String.raw`(?<!\w=\S*\s+)(?:${texts.join('|')})(?![\w./-])`, 'g')
  return word.replace(whole, (text) => others.get(text) ?? text)
}

function forRoot({ text }: RootAction): string {
  return `{ [ "$(id -u)" != 0 ] || ${text}; }`
}

function whyForRoot(actions: readonly RootAction[], what: 'script' | 'container'): string {
  const done = eachOnce(actions.map(verbOf))
  return `only root can ${done}, and the ${what} ends when ${actions.some((one) => verbOf(one) !== done) ? 'one of them' : 'it'} fails`
}

/** `find -exec chown` is a chown. */
function verbOf({ action, tool }: RootAction): string {
  if (action === 'chmod') return "chmod what is root's"
  return action === 'account' || action === 'mount' ? tool : action
}

function eachOnce(names: readonly string[]): string {
  return joinAnd([...new Set(names)])
}
