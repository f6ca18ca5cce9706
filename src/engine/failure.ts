import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import type { EngineName } from './kinds.ts'

/** The container itself could not start; anything else is a fault of the engine. */
const startFailure =
  /OCI runtime|runc|crun|\bexec:|failed to create (?:shim )?task|container process|oci permission denied|executable file|unable to find (?:user|group)\b/i

interface Pattern {
  readonly test: RegExp
  readonly make: (name: EngineName, line: string) => HardenError
}

/** What an engine's CLI prints when it cannot be used at all; the first that matches counts. */
const unusable: readonly Pattern[] = [
  {
    test: /permission denied while trying to connect|dial unix (?:(?!dial unix ).)*: permission denied/i,
    make: (name, line) =>
      new HardenError('no-engine', `this user may not use the ${name} socket: ${line}`, {
        hint: `run as a user of the "${name}" group, or with sudo, or use a rootless engine`,
      }),
  },
  {
    test: /^cannot connect to (?:the docker daemon|podman)|^error during connect|cannot access containerd socket|unable to connect to podman|^failed to connect to the docker api/i,
    make: (name, line) =>
      new HardenError('no-engine', `no ${name} engine answers: ${line}`, {
        hint: 'start it, or set DOCKER_HOST or DOCKER_CONTEXT to one that runs',
      }),
  },
  {
    // In the midst of a build, of the engine or of a builder of its own.
    test: /^ERROR: failed to [\w ]+: rpc error: code = Unavailable/,
    make: (_, line) =>
      new HardenError('no-engine', `what builds has gone away: ${line}`, {
        hint: 'see whether the engine, or the builder of --builder, still runs',
      }),
  },
  {
    test: /context (?:(?!context )[^\n])*(?:not found|does not exist)|unable to resolve docker endpoint|unable to parse docker host/i,
    make: (name, line) =>
      new HardenError('no-engine', `${name} is set to an endpoint that does not exist: ${line}`, {
        hint: 'see `docker context ls`, and the variables DOCKER_HOST and DOCKER_CONTEXT',
      }),
  },
]

/** Why an image could not be had. */
const noImage: readonly Pattern[] = [
  {
    test: /toomanyrequests|rate limit/i,
    make: (name, line) =>
      new HardenError('no-image', `the registry limits how often images are pulled: ${line}`, {
        hint: `log in (${name} login) or wait`,
      }),
  },
  {
    test: /no matching manifest|no match for platform|does not match the specified platform/i,
    make: (_, line) =>
      new HardenError('no-image', `the image does not exist for this platform: ${line}`, {
        hint: 'name one that it has with --platform OS/ARCH',
      }),
  },
  {
    test: /pull access denied|manifest unknown|manifest (?:(?!manifest ).)*not found|name unknown|repository (?:(?!repository (?!not found)).)* not found|no such image|image not known|short-name (?:(?!short-name (?!did not resolve)).)* did not resolve|: not found$|authentication required|unauthorized|denied: /i,
    make: (name, line) =>
      new HardenError('no-image', `there is no such image, or it takes a login: ${line}`, {
        hint: `check the name and tag, or log in (${name} login)`,
      }),
  },
  {
    test: /i\/o timeout|no such host|connection refused|connection reset|network is unreachable|tls|x509|EOF$|server misbehaving|context deadline exceeded|Client\.Timeout|pinging container registry/i,
    make: (_, line) =>
      new HardenError('no-image', `the registry could not be reached: ${line}`, {
        hint: 'check the network and the proxy settings of the engine, or pull the image another way first',
      }),
  },
]

const diskFull: Pattern = {
  test: /no space left on device|disk quota exceeded/i,
  make: (name, line) =>
    new HardenError('engine-failed', `the engine's disk is full: ${line}`, {
      hint: `free some space, for example with: ${name} system prune`,
    }),
}

const tooDeep: Pattern = {
  test: /max depth exceeded/i,
  make: (name, line) =>
    new HardenError('engine-failed', `the image has more layers than ${name} takes: ${line}`, {
      hint: 'make fewer of them where it is built: one RUN for several, or a last stage FROM scratch with COPY --from=STAGE / /',
    }),
}

/** The error for a call that ended with another exit code than 0. `task` reads as `${name} could not ${task}`. */
export function failureOf(name: EngineName, task: string, stderr: string): HardenError {
  const line = decisiveLine(stderr)
  const known = unusableError(name, stderr) ?? matching([diskFull, tooDeep], name, stderr)
  return known ?? new HardenError('engine-failed', `${name} could not ${task}: ${line || 'it gave no reason'}`)
}

/** Why there is no builder of that name, by what `docker buildx` says. */
export function builderFailure(builder: string, stderr: string): HardenError {
  const general = unusableError('docker', stderr)
  if (general !== null) return general
  if (/buildx' is not a docker command|unknown (?:docker )?command|unknown flag: --/i.test(stderr))
    return new HardenError('no-engine', `docker has no buildx here, and so no builder ${builder}`, {
      hint: 'install its plugin (Debian: docker-buildx), or leave out --builder',
    })
  const line = decisiveLine(stderr)
  if (/^no builder /i.test(line))
    return new HardenError('no-engine', `there is no builder ${builder}`, {
      hint: 'see docker buildx ls, or make it: docker buildx create --name NAME',
    })
  return new HardenError('no-engine', `the builder ${builder} does not answer: ${line || 'it gave no reason'}`, {
    hint: `see docker buildx inspect --bootstrap ${builder}`,
  })
}

export function unusableError(name: EngineName, stderr: string): HardenError | null {
  return matching(unusable, name, stderr)
}

/** As failureOf, for a pull. */
export function pullFailure(name: EngineName, reference: string, stderr: string): HardenError {
  const known = unusableError(name, stderr) ?? matching([diskFull, ...noImage], name, stderr)
  if (known !== null) return known
  return new HardenError('no-image', `${name} could not pull ${reference}: ${decisiveLine(stderr)}`)
}

/** The error of a build that failed because an image is missing; null when it failed for another reason. */
function baseImageFailure(name: EngineName, output: string): HardenError | null {
  const line = output
    .split('\n')
    .find((text) =>
      /failed to resolve source metadata|failed to load metadata|creating build container|initializing source/i.test(
        text,
      ),
    )
  return line === undefined ? null : (matching(noImage, name, line.trim()) ?? null)
}

function matching(patterns: readonly Pattern[], name: EngineName, text: string): HardenError | null {
  const lines = text.slice(-bounds.failureLength).split('\n')
  for (const { test, make } of patterns) {
    const line = lines.find((candidate) => test.test(candidate))
    if (line !== undefined) return make(name, clean(line))
  }
  return null
}

/** The last line that says something, without the engine's own prefixes. */
function decisiveLine(stderr: string): string {
  const lines = stderr
    .slice(-bounds.failureLength)
    .split('\n')
    .map((line) => line.trim())
  const worth = lines.filter(
    (line) => line !== '' && !/^(?:see '|run '|usage:|time="[^"]*" level=(?:warning|info))/i.test(line),
  )
  return clean(worth.at(-1) ?? '')
}

function clean(line: string): string {
  return line
    .trim()
    .replace(/^time="[^"]*" level=\w+ msg=/, '')
    .replace(/^(?:Error response from daemon|Error|ERROR|docker|podman): (?:Error response from daemon: )?/, '')
    .slice(0, 500)
}

const keptOutputLines = 12

const keptOutput = 64 * 1024

/**
 * The error for a failed build: the step, how it ended and the last lines it printed; `line` is that of the Dockerfile.
 * The end of the whole output is the error's cause. `context`: as people call it; null for none.
 */
export function buildFailure(name: EngineName, printed: string, context: string | null = null): HardenError {
  // dpkg ends its lines as a terminal wants them.
  const output = printed.slice(-bounds.failureLength).replace(/\r\n?/g, '\n')
  const base = baseImageFailure(name, output)
  if (base !== null) return base
  const general = failureOf(name, 'build the image', output)
  if (general.code !== 'engine-failed' || general.hint !== undefined) return general
  const step = failingStep(output)
  const reason = reasonOf(output)
  const message =
    step === null ? `the build failed: ${reason}` : `the build failed at ${shortened(step.name)}: ${reason}`
  const lastLines =
    step === null || step.output.length === 0 ? '' : `\n${step.output.map((line) => `  ${line}`).join('\n')}`
  const line = /^Dockerfile:(\d+)$/m.exec(output)?.[1] ?? /(?:parse error on line|Dockerfile:) ?(\d+)/.exec(output)?.[1]
  const hint = hintFor(step?.name ?? '', reason, context)
  return new HardenError('build-failed', message + lastLines, {
    ...(line !== undefined && { line: Number(line) }),
    ...(hint === null ? {} : { hint }),
    cause: new Error(output.slice(-keptOutput)),
  })
}

function hintFor(step: string, reason: string, context: string | null): string | null {
  const blank = /^base name \((.*)\) should not be blank/.exec(reason)?.[1]
  const variable = /\$\{?(\w+)/.exec(blank ?? '')?.[1]
  if (variable !== undefined) return `--build-arg ${variable}=VALUE (buildArg: in the configuration) gives it`
  if (context === null || !/\b(COPY|ADD)\b/.test(step) || !/not found|no such file/i.test(reason)) return null
  return `its build context is ${context}: --context (context: in the configuration) names another`
}

function shortened(step: string): string {
  return step.length > 200 ? `${step.slice(0, 197)}...` : step
}

/** BuildKit repeats the failed step and its last output between two rules of dashes. */
function failingStep(output: string): { readonly name: string; readonly output: readonly string[] } | null {
  const block = /^-{6}\n > (.*):\n((?:.*\n)*?)-{6}$/m.exec(output)
  if (block?.[1] !== undefined) {
    const repeated = (block[2] ?? '').split('\n').filter(Boolean)
    // What a step prints as it fails can come too late to be repeated.
    const lines = repeated.length > 0 ? repeated : printedBy(block[1], output)
    return {
      name: block[1],
      output: lines.map((line) => line.replace(/^\d+\.\d+ /, '').trimEnd()).slice(-keptOutputLines),
    }
  }
  const steps = [...output.matchAll(/^STEP (\d+\/\d+): (.*)$/gm)]
  const last = steps.at(-1)
  if (last?.[2] === undefined) return null
  const lines = output
    .slice((last.index ?? 0) + last[0].length)
    .split('\n')
    .map((line) => line.trimEnd())
  const own = lines.filter((line) => line !== '' && !/^(?:Error|time=)/.test(line))
  return { name: `[${last[1]}] ${last[2]}`, output: own.slice(-keptOutputLines) }
}

/** BuildKit numbers its steps: `#7 [4/4] RUN make`, then `#7 0.214 make: not found`. */
function printedBy(step: string, output: string): readonly string[] {
  const lines = output.split('\n')
  const number = lines.find((line) => /^#\d+ /.test(line) && line.endsWith(` ${step}`))?.split(' ')[0]
  if (number === undefined) return []
  return lines
    .filter((line) => line.startsWith(`${number} `) && /^#\d+ \d+\.\d+ ./.test(line))
    .map((line) => line.slice(number.length + 1))
}

function reasonOf(output: string): string {
  const solve = /^ERROR: failed to (?:solve|build): (.*)$/m.exec(output)?.[1]
  const reason = solve?.replace(/^process ".*" did not complete successfully: /s, '').replace(/ref [\w-]+::\w+: /, '')
  return reason ?? decisiveLine(output.replace(/^((?:(?!building at STEP ").)*)building at STEP ".*": (?=\S)/m, '$1'))
}

/** What the engine said where it could not start a container: the state alone does not tell it. */
interface StartErrors {
  /** Throws where it is a fault of the engine and not of the container. */
  add(container: string, text: string): void
  of(container: string): string | undefined
}

export function startErrors(name: EngineName): StartErrors {
  const errors = new Map<string, string>()
  return {
    add(container, text) {
      const failure = failureOf(name, `start container ${container}`, text)
      if (!startFailure.test(text)) throw failure
      errors.set(container, failure.message)
    },
    of: (container) => errors.get(container),
  }
}
