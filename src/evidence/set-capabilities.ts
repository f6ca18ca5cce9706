import type { ShellCommand } from '../command/index.ts'
import { knownIn, type Step, says, shellCommands } from '../dockerfile/index.ts'
import { staticValue, type Values } from '../image/step-down/static-text.ts'
import type { CapableFile } from './claim.ts'
import type { Provider } from './provider.ts'

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
  summary: 'programs to which RUN gives capabilities of their own',
  when: 'always',
  *claims({ contents: { steps } }) {
    for (const file of capableFiles(steps)) yield { kind: 'capable', ...file }
  },
}

function capableFiles(steps: readonly Step[]): readonly CapableFile[] {
  const found = new Map<string, CapableFile>()
  for (const { instruction, shell, environment } of steps) {
    if (instruction.keyword !== 'RUN' || !says(instruction, /\bsetcap\b/)) continue
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') continue
    for (const command of script.commands) {
      const given = readSetcap(command, knownIn(environment))
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

/** Null where it is none, or of a file that only the build knows. */
function readSetcap(
  { name, words }: ShellCommand,
  variables: Values,
): { readonly file: string; readonly capabilities: readonly string[] } | null {
  if (name !== 'setcap') return null
  const operands = words.slice(1).filter(({ text }) => !/^-[a-z]+$/.test(text))
  const isRemoval = words.some(({ text }) => /^-[a-z]*r/.test(text))
  const target = operands[isRemoval ? 0 : 1]
  const spec = isRemoval ? '' : (operands[0]?.value ?? '')
  if (target === undefined) return null
  const known = target.value ?? staticValue(target.text, variables)
  const file = known ?? (LOOKED_UP.test(target.text) ? target.text : null)
  if (file === null || (known !== null && !/^\/[\w./@+-]+$/.test(known))) return null
  const capabilities = EFFECTIVE.test(spec)
    ? [...spec.matchAll(NAMES)].map(([text]) => text.slice('cap_'.length).toUpperCase())
    : []
  return { file, capabilities }
}
