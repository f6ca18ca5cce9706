import type { ExposedPort, Healthcheck, ImageConfig, Known } from '../image/facts.ts'
import { durationNanoseconds } from './flag-rules.ts'
import type { Instruction } from './model.ts'
import { pairsOf } from './pairs.ts'

/** A value in force, and the instruction that set it; null where it comes from the base image or is a default. */
export interface Setting<T> {
  readonly value: Known<T>
  readonly instruction: Instruction | null
}

export interface Settings {
  user: Setting<string>
  /** Absolute. */
  workdir: Setting<string>
  entrypoint: Setting<readonly string[] | null>
  cmd: Setting<readonly string[] | null>
  shell: Setting<readonly string[] | null>
  healthcheck: Setting<Healthcheck | null>
  stopSignal: Setting<string | null>
  exposedPorts: readonly Setting<ExposedPort>[]
  volumes: readonly Setting<string>[]
  labels: ReadonlyMap<string, string>
  /** Triggers as written. */
  onbuild: readonly string[]
}

export function initialSettings(base: Known<ImageConfig>): Settings {
  const from = <T>(pick: (config: ImageConfig) => T): Setting<T> => ({
    value: base.known ? { known: true, value: pick(base.value) } : base,
    instruction: null,
  })
  const config = base.known ? base.value : null
  return {
    user: from((known) => known.user),
    workdir: from((known) => (known.workdir === '' ? '/' : known.workdir)),
    entrypoint: from((known) => known.entrypoint),
    cmd: from((known) => known.cmd),
    shell: from((known) => known.shell),
    healthcheck: from((known) => known.healthcheck),
    stopSignal: from((known) => known.stopSignal),
    exposedPorts: (config?.exposedPorts ?? []).map((value) => ({ value: { known: true, value }, instruction: null })),
    volumes: (config?.volumes ?? []).map((value) => ({ value: { known: true, value }, instruction: null })),
    labels: new Map(config?.labels),
    onbuild: [],
  }
}

export interface Applying {
  /** Variables expanded and quotes removed, as the instruction sees them. */
  readonly expand: (text: string) => Known<string>
  /** What the setting cites: the instruction, or null for a trigger of the base image. */
  readonly cite: Instruction | null
  readonly escapeChar: string
  /** A CMD of this very stage stands before: only that survives an ENTRYPOINT. */
  readonly ownCmd: boolean
}

export function applySettings(settings: Settings, instruction: Instruction, applying: Applying): void {
  const { expand, cite } = applying
  const { text } = instruction
  switch (instruction.keyword) {
    case 'USER':
      settings.user = { value: expand(text), instruction: cite }
      return
    case 'WORKDIR':
      settings.workdir = { value: joined(settings.workdir.value, expand(text)), instruction: cite }
      return
    case 'SHELL':
      settings.shell = { value: { known: true, value: strings(instruction) }, instruction: cite }
      return
    case 'CMD':
      settings.cmd = { value: commandOf(instruction, settings.shell.value), instruction: cite }
      return
    case 'ENTRYPOINT':
      settings.entrypoint = { value: nullWhenEmpty(commandOf(instruction, settings.shell.value)), instruction: cite }
      if (!applying.ownCmd) settings.cmd = { value: { known: true, value: null }, instruction: null }
      return
    case 'HEALTHCHECK':
      settings.healthcheck = { value: { known: true, value: healthcheckOf(instruction) }, instruction: cite }
      return
    case 'STOPSIGNAL':
      settings.stopSignal = { value: expand(text), instruction: cite }
      return
    case 'EXPOSE':
      settings.exposedPorts = [...settings.exposedPorts, ...portsOf(instruction, applying)]
      return
    case 'VOLUME': {
      const paths = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.text)
      settings.volumes = [...settings.volumes, ...paths.map((path) => ({ value: expand(path), instruction: cite }))]
      return
    }
    case 'LABEL':
      settings.labels = new Map([...settings.labels, ...labelsOf(instruction, applying)])
      return
    case 'ONBUILD':
      settings.onbuild = [...settings.onbuild, text]
  }
}

function joined(current: Known<string>, path: Known<string>): Known<string> {
  if (!path.known) return path
  if (path.value.startsWith('/')) return { known: true, value: cleanPath(path.value) }
  return current.known ? { known: true, value: cleanPath(`${current.value}/${path.value}`) } : current
}

/** Absolute, without empty, `.` and `..` parts. */
function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function strings(instruction: Instruction): readonly string[] {
  return instruction.json?.map((item) => item.value) ?? []
}

const defaultShell = ['/bin/sh', '-c']

/** Where the base image is not known its SHELL counts as the default one, which hardly any image changes. */
function commandOf(instruction: Instruction, shell: Known<readonly string[] | null>): Known<readonly string[]> {
  if (instruction.json !== null) return { known: true, value: strings(instruction) }
  const words = !shell.known || shell.value === null || shell.value.length === 0 ? defaultShell : shell.value
  return { known: true, value: [...words, instruction.text] }
}

function nullWhenEmpty(command: Known<readonly string[]>): Known<readonly string[] | null> {
  return command.known && command.value.length === 0 ? { known: true, value: null } : command
}

/** The flags and the command of a HEALTHCHECK; it takes no variables. */
function healthcheckOf(instruction: Instruction): Healthcheck {
  if (instruction.text.toUpperCase() === 'NONE') return { test: ['NONE'] }
  const test =
    instruction.json === null
      ? ['CMD-SHELL', instruction.text.replace(/^\S+\s+/, '')]
      : ['CMD', ...strings(instruction)]
  const milliseconds = (name: string): number | undefined => {
    const value = instruction.flags.find((flag) => flag.name === name)?.value
    return value === undefined || value === null || value === '' ? undefined : (durationNanoseconds(value) ?? 0) / 1e6
  }
  const intervalMs = milliseconds('interval')
  const timeoutMs = milliseconds('timeout')
  const startPeriodMs = milliseconds('start-period')
  const startIntervalMs = milliseconds('start-interval')
  const retries = instruction.flags.find((flag) => flag.name === 'retries')?.value
  return {
    test,
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startPeriodMs === undefined ? {} : { startPeriodMs }),
    ...(startIntervalMs === undefined ? {} : { startIntervalMs }),
    ...(retries === undefined || retries === null || retries === '' ? {} : { retries: Number(retries) }),
  }
}

/** More ports than any service has: a wider range is not spelled out. */
const widestRange = 1024

function portsOf(instruction: Instruction, { expand, cite }: Applying): readonly Setting<ExposedPort>[] {
  return instruction.words.flatMap((word): readonly Setting<ExposedPort>[] => {
    const expanded = expand(word.text)
    if (!expanded.known) return [{ value: expanded, instruction: cite }]
    return expanded.value
      .split(/\s+/)
      .filter((spec) => spec !== '')
      .flatMap((spec) => portRange(spec).map((value) => ({ value, instruction: cite })))
  })
}

/** `80`, `80/udp`, `8000-8010/tcp`, `8080:80`: the container's side of it. */
export function portRange(spec: string): readonly Known<ExposedPort>[] {
  const match = /^(?:.*:)?(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(spec)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (match === null || first > last || last > 65535) return [{ known: false, reason: `'${spec}' is no port` }]
  if (last - first >= widestRange) return [{ known: false, reason: `'${spec}' is too wide a range of ports` }]
  const protocol = (match[3]?.toLowerCase() ?? 'tcp') as ExposedPort['protocol']
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    known: true,
    value: { port: first + index, protocol },
  }))
}

function labelsOf(instruction: Instruction, { expand, escapeChar }: Applying): readonly (readonly [string, string])[] {
  return pairsOf(instruction, escapeChar).flatMap(({ name, value }) => {
    const [key, expanded] = [expand(name), expand(value ?? '')]
    return key.known && expanded.known ? [[key.value, expanded.value] as const] : []
  })
}
