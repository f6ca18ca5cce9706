import type { ImageFacts } from '../image/facts.ts'
import type { Tools } from './plan.ts'

const COMMAND_FOLDERS = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin']
const SHELLLESS = new Set(['scratch', 'distroless'])

/**
 * What a RUN in this image can use, from its files, or from what is known of its distribution. `shellSeen`: a RUN of the
 * stage uses a shell.
 */
export function toolsOf(facts: ImageFacts, shellSeen = false): Tools {
  if (!facts.files.known) {
    const id = facts.os.known ? facts.os.value.id : ''
    // What is copied onto `scratch` as a whole may have one, but nothing says so.
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
