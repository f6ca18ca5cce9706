import type { CapableFile } from '../evidence/claim.ts'
import type { Operation } from '../evidence/operation.ts'
import { couldExecute } from '../image/access.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import type { PortDecision, Tools } from './plan.ts'
import { type Grantee, identityOf } from './replay/own.ts'

const COMMAND_FOLDERS = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin']
const SHELLLESS = new Set(['scratch', 'distroless'])

/**
 * What a RUN in this image can use, from its files, or from what is known of its distribution. `shellSeen`: a RUN of the
 * stage uses a shell.
 */
export function toolsOf(facts: ImageFacts, shellSeen = false): Tools {
  if (!facts.files.known) {
    const id = facts.os.known ? facts.os.value.id : ''
    // A tree that is copied onto `scratch` may hold a shell, but nothing says so.
    const isBare = facts.reference === 'scratch' && !shellSeen
    if (SHELLLESS.has(id) || isBare) return { shell: false, commands: null }
    return { shell: id === '' ? 'unknown' : true, commands: null }
  }
  const files = facts.files.value
  const shell = files.exists('/bin/sh')
  const commands = new Set<string>()
  for (const folder of COMMAND_FOLDERS) {
    const real = files.resolve(folder)
    if (real !== null) for (const name of files.list(real)) commands.add(name)
  }
  return { shell, commands }
}

/** The command is there, or nothing says that it is not. */
export function hasCommand(tools: Tools, name: string): boolean {
  if (tools.shell === false) return false
  return tools.commands === null || tools.commands.has(name)
}

/** Whether text files can be changed in place. */
export function hasSed({ shell, commands }: Tools): boolean {
  return shell !== false && (commands === null || commands.has('sed'))
}

/** The file capabilities that are no longer needed: NET_BIND_SERVICE where no low port is left, and those that a run was refused. */
export function needlessCapabilities(
  files: readonly CapableFile[],
  ports: readonly PortDecision[],
  isService: boolean,
): readonly CapableFile[] {
  // A service runs with all capabilities dropped and low ports open to everybody, where a program with capabilities of its own
  // would not start.
  const isLow = !isService && ports.some(({ to }) => to === null)
  return files.filter(
    ({ capabilities: names, certainty }) =>
      certainty === 'refused' || (!isLow && names.every((name) => name === 'NET_BIND_SERVICE')),
  )
}

/**
 * Programs that a locked-down run could not start although their mode allows it: the kernel refuses a program whose effective file
 * capabilities are not available, and starts it without them (capabilities(7)). The next run shows whether it works so, as ping
 * does.
 */
export function refusedPrograms(
  operations: readonly Operation[],
  files: FileModel,
  grantee: Grantee,
): readonly CapableFile[] {
  const found = new Map<string, CapableFile>()
  for (const { access, source, path, detail } of operations) {
    if (access !== 'execute' || source !== 'refused' || path === null || !/\bEPERM\b/.test(detail)) continue
    const file = files.resolve(path) ?? path
    if (!/^\/[\w./@+-]+$/.test(file) || files.entry(file)?.type !== 'file') continue
    if (!couldExecute(files, identityOf(grantee), file).allowed) continue
    found.set(file, {
      name: file,
      capabilities: files.entry(file)?.capabilities ?? [],
      removeWith: `cp -p ${file} /tmp/.own && mv /tmp/.own ${file}`,
      certainty: 'refused',
      evidence: { source: 'refused', subject: file, detail },
    })
  }
  return [...found.values()]
}
