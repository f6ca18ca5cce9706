import { argvOf, type ShellCommand } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { staticValue } from '../image/step-down/static-text.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { isBelowSystem, isInside, isSharedFolder, isSystemFolder, normalisePath, parentOf } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import type { Remark } from '../plan/plan.ts'

/** A folder that a RUN has filled from elsewhere. */
interface Unpacked {
  readonly folder: string
  readonly line: number
}

/**
 * A server that is started from a folder that a RUN has unpacked or cloned: nobody has read it, most keep logs and data
 * beside themselves, and nothing says where. Where a place in there is the user's, somebody has thought of it.
 */
export function unpackedPrograms(
  { steps, copies }: Pick<Shipped, 'steps' | 'copies'>,
  { launches }: Pick<StepDownReport, 'launches'>,
  config: ImageConfig,
  needs: readonly Need[],
): readonly Remark[] {
  // Who says a VOLUME says where it keeps what it writes.
  if (config.exposedPorts.length === 0 || config.volumes.length > 0) return []
  const started = [
    ...argvOf(config),
    ...launches.flatMap(({ conditional, filter, words }) => (conditional || filter === true ? [] : words)),
  ]
    .flatMap((word) => word.split(/\s+/))
    .filter((word) => /[/.]/.test(word) && !word.startsWith('-'))
    .flatMap((word) => normalisePath(word, config.workdir) ?? [])
  // What the project itself is copied into holds its own program, whatever is unpacked beside it.
  const project = copies
    .flatMap(({ destination }) => [destination, parentOf(destination)])
    .filter((path) => !isSharedFolder(path) && !isSystemFolder(path))
  const found = unpackedBy(steps).findLast(
    ({ folder }) =>
      !project.some((path) => isInside(folder, path)) &&
      started.some((path) => path !== folder && isInside(path, folder)) &&
      !needs.some(({ path }) => isInside(path, folder)),
  )
  if (found === undefined) return []
  const { folder, line } = found
  return [
    {
      outcome: 'todo',
      transform: 'own-writable-paths',
      message: `what is started in ${folder} comes from elsewhere (RUN in line ${line}): what it writes, there or beside it, is not known before the build`,
      hint: 'run with --prove to see it, or name what it writes with --writable',
      about: 'RUN',
      evidence: [{ source: 'declared', subject: folder, detail: `filled by RUN in line ${line}` }],
    },
  ]
}

function unpackedBy(steps: readonly Step[]): readonly Unpacked[] {
  return steps.flatMap((step) => {
    if (
      step.instruction.keyword !== 'RUN' ||
      !says(step.instruction, /\b(tar|unzip|git|django-admin|rails|composer)\b/)
    )
      return []
    const script = shellCommands(step.instruction, step.shell)
    if (script.kind !== 'parsed') return []
    const { line } = step.instruction
    const value = (word: ShellCommand['words'][number] | undefined): string | null =>
      word === undefined ? null : (word.value ?? staticValue(word.text, knownIn(step.environment)))
    const found: Unpacked[] = []
    let folder = step.workdir
    for (const command of script.commands) {
      const words = command.words.slice(1)
      if (command.name === 'cd') folder = normalisePath(value(words[0]) ?? '', folder ?? '')
      const into = filledBy(command.name, words, value)
      const at = into === null ? null : normalisePath(into, folder ?? '')
      // A folder of its own: what goes into those of the system is a tool.
      if (at === null || /\/bin$/.test(at) || isSystemFolder(at) || isSharedFolder(at) || isBelowSystem(at)) continue
      found.push({ folder: at, line })
    }
    // `tar xz && mv app-1.2 /opt/app`
    const moved = script.commands.findLast(({ name }) => name === 'mv')
    const to = found.length > 0 || moved === undefined ? null : normalisePath(value(moved.words.at(-1)) ?? '')
    if (to !== null && unpacks(script.commands) && !isSystemFolder(to) && !isSharedFolder(to) && !isBelowSystem(to))
      found.push({ folder: to, line })
    return found
  })
}

function unpacks(commands: readonly ShellCommand[]): boolean {
  return commands.some(({ name, words }) => name === 'unzip' || (name === 'tar' && isExtract(words[1]?.text ?? '')))
}

function isExtract(option: string): boolean {
  return /^-?[a-zA-Z]*x|^--extract/.test(option)
}

/** Where a command puts a tree of files; null for none, or where a variable decides it. */
function filledBy(
  name: string | null,
  words: ShellCommand['words'],
  value: (word: ShellCommand['words'][number] | undefined) => string | null,
): string | null {
  const after = (option: RegExp): string | null => {
    const at = words.findIndex(({ text }) => option.test(text))
    return at < 0 ? null : value(words[at + 1])
  }
  const told = (option: RegExp): boolean => words.some(({ text }) => option.test(text))
  if (name === 'tar' && isExtract(words[0]?.text ?? ''))
    return told(/^(-C|--directory)$/) ? after(/^(-C|--directory)$/) : '.'
  if (name === 'unzip') return told(/^-d$/) ? after(/^-d$/) : '.'
  const generated = generatedBy(name, words)
  if (generated !== null) return value(generated)
  if (name !== 'git' || words[0]?.value !== 'clone') return null
  const operands = words.slice(1).filter(({ text }) => !text.startsWith('-'))
  const url = operands.findIndex(({ text }) => /:\/\/|^git@/.test(text))
  const target = url < 0 ? undefined : operands[url + 1]
  if (target !== undefined) return value(target)
  const repository = url < 0 ? null : value(operands[url])
  return repository === null ? null : (repository.split('/').at(-1) ?? '').replace(/\.git$/, '')
}

/** The folder that a generator makes a whole application in: `django-admin startproject site [DIR]`; null for none. */
function generatedBy(name: string | null, words: ShellCommand['words']): ShellCommand['words'][number] | null {
  const [verb, ...operands] = words.filter(({ text }) => !text.startsWith('-'))
  const makes =
    (name === 'django-admin' && verb?.value === 'startproject') ||
    (name === 'rails' && verb?.value === 'new') ||
    (name === 'composer' && verb?.value === 'create-project')
  if (!makes) return null
  const [first = null, second = null] = operands
  return name === 'rails' ? first : (second ?? first)
}
