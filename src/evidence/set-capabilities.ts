import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, normalisePath } from '../places.ts'
import { actionsBy, actionsOf, type SetsCapabilities, staticValue, type Values, type Word } from '../shell/index.ts'
import { choices } from '../words.ts'
import type { CapableFile, Remark } from './claim.ts'
import type { Provider, StageView } from './provider.ts'

/** Only with the effective bit the kernel refuses to start it where the capability is not to be had. Source: capabilities(7) */
const EFFECTIVE = /[=+][a-z]*e/
const NAMES = /cap_[a-z_]+/gi
/** `$(which node)`, `$(readlink -f $(command -v node))`: the shell says it again as well as before. */
const LOOKED_UP = /^"?\$\((?:readlink -f "?\$\()?(?:which|command -v) ([\w.-]+)\)?"?\)"?$/
/** The tool goes again with its package. */
const PURGES = /\b(purge|remove|autoremove|apk (?:\S+ ){0,9}del|erase)\b/

/** Files to which RUN lines give capabilities (`setcap cap_net_bind_service=+ep /usr/bin/app`). */
export const setCapabilities: Provider = {
  name: 'set-capabilities',
  summary: 'programs to which the build gives capabilities of their own, or the set-id bits of root',
  when: 'always',
  *claims(view) {
    for (const file of capableFiles(view.contents.steps)) yield { kind: 'capable', ...file }
    for (const remark of raisedPrograms(view)) yield { kind: 'remark', ...remark }
  },
}

/** With one of them a program gives itself the others, or what is root's. Source: capabilities(7) */
const AS_ROOT =
  /^(?:ALL|BPF|CHOWN|DAC_OVERRIDE|DAC_READ_SEARCH|FOWNER|FSETID|MKNOD|SETFCAP|SETGID|SETUID|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO)$/

/** What a program is raised to, and by which instruction. */
interface Raised {
  readonly what: string
  /** Null where only the files of the image show it. */
  readonly line: number | null
}

/**
 * Programs that make whoever starts them root, and that the build adds: a proof runs without new privileges, where they do nothing,
 * and a plain `docker run` with them. Those that packages bring (su, sudo, passwd) are those of every image.
 */
export const raisedPrograms = memoizeByObject((view: StageView): readonly Remark[] => {
  const raised = raisedByText(view)
  const files = view.built && !view.asBuilt && view.facts.files.known ? view.facts.files.value : null
  for (const path of files?.paths() ?? []) {
    const entry = files?.entry(path)
    if (entry?.type !== 'file' || (entry.mode & SETUID) === 0 || entry.uid !== 0 || OF_PACKAGES.test(path)) continue
    if (((view.baseFiles?.entry(path)?.mode ?? 0) & SETUID) !== 0) continue
    if (!raised.has(path)) raised.set(path, { what: 'set-user-ID', line: null })
  }
  // What is known to be there without the bit, or is gone again, is raised no more.
  for (const [path, { what }] of raised)
    if (files !== null && what.startsWith('set-') && ((files.entry(path)?.mode ?? 0) & (SETUID | SETGID)) === 0)
      raised.delete(path)
  return [...raised].map(([path, { what, line }]) => {
    const by = line === null ? 'in this image' : `by line ${line}`
    return {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${path} is ${what} ${by}: whoever runs it has the rights of root, or of its group, wherever new privileges are allowed`,
      hint: choices(
        'take it out, and do in a RUN what it is for',
        'keep it, and run the image with --security-opt no-new-privileges (allowPrivilegeEscalation: false)',
      ),
      evidence: [{ source: 'declared', subject: path, detail: `${what} ${by}` }],
    }
  })
})

const [SETUID, SETGID] = [0o4000, 0o2000]

/** Where distributions put their programs (FHS 3.4, 4.4 and 4.7), and vendors those of their packages. */
const OF_PACKAGES = /^(?:\/usr)?\/(?:s?bin|lib(?:32|64|exec)?)\/|^\/opt\/|^\/snap\//

function raisedByText({ contents: { steps }, own }: StageView): Map<string, Raised> {
  const raised = new Map<string, Raised>()
  const set = (path: string, bits: number, line: number): void => {
    // A folder hands its group on to what is made in it, and there is no more to it.
    const type = own.entry(path)?.type
    const isFile = type === 'file' || (type !== 'directory' && ((bits & SETUID) !== 0 || /\/s?bin\/[^/]+$/.test(path)))
    const what = (bits & SETUID) !== 0 ? 'set-user-ID' : 'set-group-ID'
    if (bits !== 0 && isFile) raised.set(path, { what, line })
    if (bits === 0 && raised.get(path)?.what.startsWith('set-') === true) raised.delete(path)
  }
  for (const { instruction, shell, environment, workdir } of steps) {
    const { line, keyword, flags } = instruction
    const at = (text: string | null | undefined): string | null =>
      text == null || text === '' ? null : normalisePath(text, workdir ?? '')
    if (keyword === 'COPY' || keyword === 'ADD') {
      const bits = bitsOf(flags.find(({ name }) => name === 'chmod')?.value ?? '')
      const words = (instruction.json ?? instruction.words).map(({ value }) => value)
      const [to, from] = [words.at(-1), words.slice(0, -1)]
      for (const source of from) {
        const isInto = from.length > 1 || /(^|\/)\.?$/.test(to ?? '')
        const path = at(isInto && source != null ? `${to}/${baseName(source)}` : to)
        const given = path === null ? undefined : own.entry(path)
        if (path !== null && bits !== null) set(path, bits, line)
        else if (path !== null && given?.type === 'file') set(path, given.mode & (SETUID | SETGID), line)
      }
      continue
    }
    if (keyword !== 'RUN' || !says(instruction, /\b(?:chmod|install|setcap|rm)\b/)) continue
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') continue
    const values = knownIn(environment)
    for (const command of script.commands) {
      // A variable may hold any of the words.
      const words = command.words.map(({ text, value }) => ({ text, value: value ?? staticValue(text, values) }))
      for (const action of actionsOf({ words })) {
        const pathOf = ({ value }: Word): string | null => at(value)
        if (action.kind === 'sets-mode') {
          const bits = bitsOf(action.mode?.value ?? '')
          if (bits !== null)
            for (const path of action.paths.flatMap((word) => pathOf(word) ?? [])) set(path, bits, line)
        } else if (action.kind === 'puts' && action.tool === 'install') {
          const bits = bitsOf(action.mode?.value ?? '')
          const to = action.to.value ?? ''
          const isInto = action.sources.length > 1 || to.endsWith('/') || own.entry(at(to) ?? '')?.type === 'directory'
          for (const source of bits === null || bits === 0 ? [] : action.sources) {
            const path = at(isInto ? `${to}/${baseName(source.value ?? '')}` : to)
            if (path !== null) set(path, bits ?? 0, line)
          }
        } else if (action.kind === 'removes') {
          for (const path of action.paths.flatMap((word) => pathOf(word) ?? [])) raised.delete(path)
        } else if (action.kind === 'sets-capabilities') {
          const given = capabilitiesOf(action, values)
          const strong = given?.capabilities.filter((name) => AS_ROOT.test(name)) ?? []
          const name = given === null ? '' : (LOOKED_UP.exec(given.file)?.[1] ?? given.file)
          if (strong.length > 0)
            raised.set(name, { what: `given ${strong.map((one) => `cap_${one.toLowerCase()}`).join(', ')}`, line })
          else if (given !== null && raised.get(name)?.what.startsWith('given') === true) raised.delete(name)
        }
      }
    }
  }
  return raised
}

/** The set-id bits after a chmod(1) with that mode; null where it leaves them, or a variable decides it. */
function bitsOf(mode: string): number | null {
  // GNU's keeps those of a folder with fewer than five digits; of a file an octal mode says all.
  if (/^[0-7]{3,5}$/.test(mode)) return Number.parseInt(mode, 8) & (SETUID | SETGID)
  const clauses = mode.split(',').flatMap((text) => {
    const [, who = '', operator = '', rights = ''] = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(text) ?? []
    return rights.includes('s') ? [{ who: who === '' ? 'a' : who, operator }] : []
  })
  if (clauses.length === 0) return null
  return clauses.reduce((bits, { who, operator }) => {
    const named = (/[ua]/.test(who) ? SETUID : 0) | (/[ga]/.test(who) ? SETGID : 0)
    return operator === '-' ? bits & ~named : bits | named
  }, 0)
}

function capableFiles(steps: readonly Step[]): readonly CapableFile[] {
  const found = new Map<string, CapableFile>()
  for (const { instruction, shell, environment } of steps) {
    if (instruction.keyword !== 'RUN' || !says(instruction, /\bsetcap\b/)) continue
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') continue
    for (const action of script.commands.flatMap((command) => actionsBy(command, 'sets-capabilities'))) {
      const given = capabilitiesOf(action, knownIn(environment))
      if (given === null) continue
      const { file, capabilities } = given
      found.delete(file)
      if (capabilities.length === 0) continue
      const detail = `given ${capabilities.map((name) => `cap_${name.toLowerCase()}`).join(', ')} by RUN in line ${instruction.line}`
      const keepsTool = !says(instruction, PURGES)
      const name = LOOKED_UP.exec(file)?.[1] ?? file
      found.set(file, {
        name,
        capabilities,
        removeWith: keepsTool ? `setcap -r ${file}` : `cp -p ${file} /tmp/.own && mv /tmp/.own ${file}`,
        certainty: 'declared',
        evidence: { source: 'declared', subject: name, detail },
      })
    }
  }
  return [...found.values()]
}

/** Null for a file that only the build knows. */
function capabilitiesOf(
  { capabilities: said, paths: [target] }: SetsCapabilities,
  variables: Values,
): { readonly file: string; readonly capabilities: readonly string[] } | null {
  if (target === undefined) return null
  const known = target.value ?? staticValue(target.text, variables)
  const file = known ?? (LOOKED_UP.test(target.text) ? target.text : null)
  if (file === null || (known !== null && !/^\/[\w./@+-]+$/.test(known))) return null
  const spec = said?.value ?? ''
  const capabilities = EFFECTIVE.test(spec)
    ? [...spec.matchAll(NAMES)].map(([text]) => text.slice('cap_'.length).toUpperCase())
    : []
  return { file, capabilities }
}
