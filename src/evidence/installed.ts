import type { PackageFamily } from '../../catalogue/package-rule.ts'
import type { ShellWord } from '../command/index.ts'
import { type Step, says, shellCommands } from '../dockerfile/index.ts'
import type { FileModel } from '../image/file-model.ts'
import { table } from '../table.ts'

export interface InstalledPackage {
  readonly name: string
  readonly family: PackageFamily
  /** Line of the RUN; null where the image itself tells that it is there. */
  readonly line: number | null
}

const TOOLS: Readonly<Record<string, { readonly family: PackageFamily; readonly verb: RegExp }>> = table({
  'apt-get': { family: 'debian', verb: /^install$/ },
  apt: { family: 'debian', verb: /^install$/ },
  aptitude: { family: 'debian', verb: /^install$/ },
  install_packages: { family: 'debian', verb: /^/ },
  apk: { family: 'alpine', verb: /^add$/ },
  dnf: { family: 'fedora', verb: /^(install|reinstall)$/ },
  dnf5: { family: 'fedora', verb: /^install$/ },
  yum: { family: 'fedora', verb: /^(install|localinstall)$/ },
  microdnf: { family: 'fedora', verb: /^install$/ },
})

function textOf(word: ShellWord | undefined): string {
  return word?.value ?? word?.text.replace(/["']/g, '') ?? ''
}

function toolOf(text: string): (typeof TOOLS)[string] | undefined {
  return TOOLS[text.replace(/^\/usr\/bin\//, '')]
}

/** Packages that RUN lines install by name; without version, architecture and release. */
export function installedPackages(steps: readonly Step[]): readonly InstalledPackage[] {
  return steps.flatMap(({ instruction, shell }) => {
    if (instruction.keyword !== 'RUN' || !says(instruction, /\b(install|add|install_packages)\b/)) return []
    const script = shellCommands(instruction, shell)
    if (script.kind !== 'parsed') return []
    return script.commands.flatMap((command): readonly InstalledPackage[] => {
      // `DEBIAN_FRONTEND=noninteractive apt-get`, `sudo apt-get`, `env X=1 apt-get`: the first word that is a tool counts.
      const at = command.words.slice(0, 3).findIndex((word) => toolOf(textOf(word)) !== undefined)
      const tool = toolOf(textOf(command.words[at]))
      if (tool === undefined) return []
      const texts = command.words.map(textOf)
      const operands = texts.slice(at + 1).filter((text) => !text.startsWith('-'))
      const verb = texts[at]?.endsWith('install_packages') ? -1 : operands.findIndex((text) => tool.verb.test(text))
      if (verb < 0 && !texts[at]?.endsWith('install_packages')) return []
      return operands.slice(verb + 1).flatMap((text) => {
        const name = /^[a-z0-9][a-z0-9+.-]*/i.exec(text)?.[0]
        return name === undefined || text.includes('/') ? [] : [{ name, family: tool.family, line: instruction.line }]
      })
    })
  })
}

/** Packages that an image's own package database names: dpkg's or apk's; nothing where there is none. */
export function imagePackages(files: FileModel): readonly InstalledPackage[] {
  const debian = files
    .list('/var/lib/dpkg/info')
    .flatMap((name) => /^([a-z0-9][a-z0-9+.-]*)(?::\w+)?\.list$/.exec(name)?.[1] ?? [])
  const alpine = [
    ...(files.text('/lib/apk/db/installed') ?? files.text('/usr/lib/apk/db/installed') ?? '').matchAll(/^P:(\S+)$/gm),
  ].flatMap(([, name]) => name ?? [])
  return [
    ...debian.map((name): InstalledPackage => ({ name, family: 'debian', line: null })),
    ...alpine.map((name): InstalledPackage => ({ name, family: 'alpine', line: null })),
  ]
}
