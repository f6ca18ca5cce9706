import type { Flag } from './facts.ts'

export interface DaemonArguments {
  readonly configFile: string | null
  readonly dataRoot: string | null
  readonly remap: string | null
}

/** What a dockerd was started with; null where the arguments are of another program. */
export function daemonArguments(argv: readonly string[]): DaemonArguments | null {
  const start = argv.findIndex((word) => /(^|\/)dockerd(-[\w.]+)?$/.test(word))
  if (start < 0 || start > 1) return null
  const value = (...names: readonly string[]): string | null => {
    let found: string | null = null
    for (const [index, word] of argv.entries()) {
      if (index <= start) continue
      const [name = '', ...rest] = word.split('=')
      if (names.includes(name)) found = rest.length > 0 ? rest.join('=') : (argv[index + 1] ?? null)
    }
    return found
  }
  return {
    configFile: value('--config-file'),
    dataRoot: value('--data-root', '--graph', '-g'),
    remap: value('--userns-remap'),
  }
}

/** Lines of a systemd unit or of a file with DOCKER_OPTS that give dockerd `--userns-remap`. */
export function flagsIn(text: string, name: string): readonly Flag[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (/^\s*[#;]/.test(line)) return []
    const value = /--userns-remap(?:=|\s+)"?([^\s"']+)/.exec(line)?.[1]
    return value === undefined ? [] : [{ where: `${name}:${index + 1}`, value }]
  })
}
