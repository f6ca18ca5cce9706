import { bounds } from '../bounds.ts'
import { FIRST_HIGH_PORT, isTakenPath, morePorts } from '../image/config.ts'
import type { ExposedPort, Healthcheck, ImageConfig, Known } from '../image/facts.ts'
import type { Instruction } from './model.ts'
import { durationNanoseconds } from './rules.ts'

/** A value in force, and the instruction that set it; null where it comes from the base image or is a default. */
interface StageSetting<T> {
  readonly value: Known<T>
  readonly instruction: Instruction | null
}

export interface StageSettings {
  user: StageSetting<string>
  /** Absolute. */
  workdir: StageSetting<string>
  entrypoint: StageSetting<readonly string[] | null>
  cmd: StageSetting<readonly string[] | null>
  shell: StageSetting<readonly string[] | null>
  healthcheck: StageSetting<Healthcheck | null>
  stopSignal: StageSetting<string | null>
  exposedPorts: readonly StageSetting<ExposedPort>[]
  /** Why ports below 1024 are missing in `exposedPorts`; null where none is. */
  portsLeftOut: string | null
  volumes: readonly StageSetting<string>[]
  volumesLeftOut: boolean
  /** Triggers as written. */
  onbuild: readonly string[]
}

export function initialSettings(base: Known<ImageConfig>): StageSettings {
  const from = <T>(pick: (config: ImageConfig) => T): StageSetting<T> => ({
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
    portsLeftOut: config?.portsLeftOut ?? null,
    volumesLeftOut: config?.volumesLeftOut === true,
    volumes: (config?.volumes ?? []).map((value) => ({ value: { known: true, value }, instruction: null })),
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
  /** Lists that are this stage's own, no longer those of what it is built from: they are added to in place. */
  readonly owned: Set<StageList>
}

export type StageList = 'exposedPorts' | 'volumes' | 'onbuild'

export function applySettings(settings: StageSettings, instruction: Instruction, applying: Applying): void {
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
      addPorts(settings, portsOf(instruction, applying), applying)
      return
    case 'VOLUME': {
      const paths = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.text)
      const volumes = ownList(settings, 'volumes', applying)
      for (const path of paths) {
        const value = expand(path)
        if (volumes.length < bounds.volumes && (!value.known || isTakenPath(value.value)))
          volumes.push({ value, instruction: cite })
        else settings.volumesLeftOut = true
      }
      return
    }
    case 'ONBUILD':
      ownList(settings, 'onbuild', applying).push(text)
  }
}

type ItemOf<K extends StageList> = StageSettings[K] extends readonly (infer T)[] ? T : never

/** The list of a stage to push to: copied from what it is built from with the first change. */
function ownList<K extends StageList>(settings: StageSettings, key: K, { owned }: Applying): ItemOf<K>[] {
  if (!owned.has(key)) {
    settings[key] = [...settings[key]] as StageSettings[K]
    owned.add(key)
  }
  return settings[key] as unknown as ItemOf<K>[]
}

/** Of a wide range, and of too many, not all are listed; where low ones are missing, that is said. */
function addPorts(settings: StageSettings, specs: readonly Known<string>[], applying: Applying): void {
  const own = ownList(settings, 'exposedPorts', applying)
  const instruction = applying.cite
  for (const spec of specs) {
    const range = spec.known ? rangeOf(spec.value) : null
    if (range !== null && isWide(range) && range.first < FIRST_HIGH_PORT)
      settings.portsLeftOut ??= `'${range.first}-${range.last}' is too wide a range of ports`
    for (const value of spec.known ? portRange(spec.value) : [spec]) {
      if (own.length < bounds.ports) own.push({ value, instruction })
      else if (value.known && value.value.port < FIRST_HIGH_PORT && !own.some((other) => isSame(other.value, value)))
        settings.portsLeftOut ??= morePorts
    }
  }
}

function isSame(a: Known<ExposedPort>, b: Known<ExposedPort>): boolean {
  return a.known && b.known && a.value.port === b.value.port && a.value.protocol === b.value.protocol
}

function joined(current: Known<string>, path: Known<string>): Known<string> {
  if (!path.known) return path
  if (path.value.startsWith('/')) return shortEnough(cleanPath(path.value))
  return current.known ? shortEnough(cleanPath(`${current.value}/${path.value}`)) : current
}

function shortEnough(value: string): Known<string> {
  if (value.length < bounds.pathLength) return { known: true, value }
  return {
    known: false,
    reason: `WORKDIR is longer than ${bounds.pathLength - 1} characters, the most that the kernel takes`,
  }
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

function portsOf({ words }: Instruction, { expand }: Applying): readonly Known<string>[] {
  return words.flatMap((word): readonly Known<string>[] => {
    const expanded = expand(word.text)
    if (!expanded.known) return [expanded]
    const specs = expanded.value.split(/\s+/).filter((spec) => spec !== '')
    return specs.map((value) => ({ known: true, value }))
  })
}

interface PortRange {
  readonly first: number
  readonly last: number
  readonly protocol: ExposedPort['protocol']
}

/** `80`, `80/udp`, `8000-8010/tcp`, `8080:80`: the container's side of it. */
function rangeOf(spec: string): PortRange | null {
  const match = /^(?:.*:)?(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(spec)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (match === null || first > last || last > 65535) return null
  return { first, last, protocol: (match[3]?.toLowerCase() ?? 'tcp') as ExposedPort['protocol'] }
}

function isWide({ first, last }: PortRange): boolean {
  return last - first >= bounds.ports
}

function portRange(spec: string): readonly Known<ExposedPort>[] {
  const range = rangeOf(spec)
  if (range === null) return [{ known: false, reason: `'${spec}' is not a port` }]
  if (isWide(range)) return [{ known: false, reason: `'${spec}' is too wide a range of ports` }]
  const { first, last, protocol } = range
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    known: true,
    value: { port: first + index, protocol },
  }))
}
