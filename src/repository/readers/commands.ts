import { dirname, resolve } from 'node:path'
import { bounds } from '../../bounds.ts'
import { assignmentsOf } from './assignments.ts'
import { pairsOf } from './compose.ts'
import { capability, deviceOf, mountOf, mountOfFields } from './container-options.ts'
import { nothingSaid, type Reader, type RepositoryFile, type Run } from './run.ts'

const ENGINE = /\b(?:docker|podman|nerdctl|buildah)[ \t-]/

/** Scripts, and what is made of commands. */
export const commands: Reader = {
  reads: (name) => /^(GNUm|M|m)akefile$|^justfile$|\.(mk|mak|sh|bash)$|^(Taskfile|cloudbuild)\.ya?ml$/.test(name),
  runs: commandRuns,
}

/** `docker run` in the comments of a Dockerfile, of whatever it calls its image. */
export function commentRuns(file: RepositoryFile): readonly Run[] {
  if (!ENGINE.test(file.text)) return []
  const comments = file.text.split('\n').map((line) => /^[ \t]*#+[ \t]?(.*)$/s.exec(line)?.[1] ?? '')
  return commandRuns({ ...file, text: comments.join('\n') }).flatMap((run) =>
    run.kind === 'command' ? [{ ...run, dockerfiles: [file.path] }] : [],
  )
}

/** `docker build` and `docker run` in whatever they are written: documents, scripts, Makefiles, workflows. */
export function commandRuns(file: RepositoryFile): readonly Run[] {
  const { text } = file
  if (!ENGINE.test(text)) return []
  // As long as it was, so that its lines are. Documents explain an option behind the end of its line, which no shell would take.
  const joined = text.replace(/(?:\\(?:[ \t]{1,9}#[^\\\n]{0,200})?|(?<!`)`|\^)\r?\n/g, (end) => ' '.repeat(end.length))
  const filledIn = assignmentsOf(joined, file.path)
  return [BUILD, RUN].flatMap((pattern) => {
    let [reached, number] = [0, 1]
    return [...joined.matchAll(pattern)].slice(0, bounds.buildCommands).flatMap((found) => {
      const { 1: before = '', 2: line = '', index } = found
      // In a document a command may stand between backticks.
      const [written = ''] = before === '`' ? line.split('`') : [line]
      const command = filledIn(written, index)
      const words = [...command.slice(0, bounds.lineLength).matchAll(WORD)].map(([word]) => word.replace(/["']/g, ''))
      number += text.slice(reached, index).split('\n').length - 1
      reached = index
      const by = `${file.name} line ${number}`
      const at = { by, line: number, file: file.path }
      if (pattern === BUILD) return [{ ...builtBy(words, file), ...at }]
      const isCompose = found[0].startsWith('compose', found[0].length - line.length - 'compose '.length)
      const run = isCompose ? null : toldTo(words, file)
      return run === null ? [] : [{ ...nothingSaid, ...run, kind: 'command', ...at } satisfies Run]
    })
  })
}

const RUN = /(`?)\b(?:docker|podman|nerdctl)(?:(?:[ \t]+container)?[ \t]+(?:run|create)|[- \t]compose)[ \t]([^\n;&|]*)/g
const BUILD = /(`?)\b(?:docker|podman|nerdctl|buildah)(?:[ \t]+buildx|[ \t]+image)?[ \t]+(?:build|bud)[ \t]([^\n;&|]*)/g
const WORD = /(?:"[^"\n]*"|'[^'\n]*'|\$\([^()\n]*\)|`pwd`|[^\s"'])+/g

type Told = Pick<
  Run,
  'image' | 'mounts' | 'privileged' | 'hostPid' | 'capabilities' | 'devices' | 'user' | 'groups' | 'env' | 'ports'
>

/** The words behind `docker run`; null where they name no image. */
export function toldTo(words: readonly string[], file: RepositoryFile): Told | null {
  const options: (readonly [string, string])[] = []
  let image: string | null = null
  for (let index = 0; index < words.length && image === null; index += 1) {
    const word = words[index] ?? ''
    if (!word.startsWith('-')) {
      image = word
      continue
    }
    const long = /^--([\w-]+)(?:=(.*))?$/s.exec(word)
    if (long !== null) {
      const name = long[1] ?? ''
      const hasOwn = long[2] !== undefined || WITHOUT_VALUE.test(name)
      if (!hasOwn) index += 1
      options.push([name, long[2] ?? (hasOwn ? 'true' : (words[index] ?? ''))])
      continue
    }
    // `-itv A:B`, `-p80:80`
    const letters = /^-([dDiPqt]*)(\w?)=?(.*)$/s.exec(word)
    const letter = letters?.[2] ?? ''
    if (letter === '') continue
    const attached = letters?.[3] ?? ''
    if (attached === '') index += 1
    options.push([LONG.get(letter) ?? letter, attached || (words[index] ?? '')])
  }
  if (image === null || !/^[\w$]/.test(image)) return null
  const said = (name: string): readonly string[] => options.flatMap(([key, value]) => (key === name ? [value] : []))
  return {
    image: image.replace(/[`,.)]{1,3}$/, ''),
    mounts: [
      ...said('volume').flatMap((value) => mountOf(value, {}, file) ?? []),
      ...said('mount').flatMap((value) => mountOfFields(value, file) ?? []),
    ],
    privileged: said('privileged').some((value) => value !== 'false'),
    hostPid: said('pid').includes('host'),
    capabilities: said('cap-add')
      .flatMap((value) => value.split(','))
      .map(capability),
    devices: said('device').flatMap(deviceOf),
    user: said('user')[0] ?? null,
    groups: said('group-add').length > 0,
    ports: said('publish'),
    env: pairsOf(said('env'), (value) => (typeof value !== 'string' || value.includes('$') ? null : value)),
  }
}

/** https://docs.docker.com/reference/cli/docker/container/run: all others take one. */
const WITHOUT_VALUE =
  /^(detach|disable-content-trust|help|init|interactive|no-healthcheck|oom-kill-disable|privileged|publish-all|quiet|read-only|replace|rm|sig-proxy|tty|tls-verify|use-api-socket)$/
const LONG: ReadonlyMap<string, string> = new Map([
  ['v', 'volume'],
  ['u', 'user'],
  ['w', 'workdir'],
  ['e', 'env'],
  ['p', 'publish'],
])

/** The words behind `docker build`: `-t NAME -f FILE DIR`. It is run in the folder of its file, or at the top of the repository. */
function builtBy(words: readonly string[], { path, root }: RepositoryFile): Omit<Run, 'by' | 'file' | 'line'> {
  const names: string[] = []
  let [dockerfile, stage, context]: (string | null)[] = [null, null, null]
  for (let at = 0; at < words.length; at += 1) {
    const [option = '', value] = /^(--?[\w-]+)=(.*)$/s.exec(words[at] ?? '')?.slice(1) ?? [words[at]]
    if (!option.startsWith('-')) {
      // Of a variable nobody knows whether it is the folder, or more options.
      if (!option.includes('$')) context = option
      continue
    }
    if (!TAKES_VALUE.test(option)) continue
    const next = value ?? words[++at] ?? ''
    if (/^(-t|--tag)$/.test(option)) names.push(next)
    else if (/^(-f|--file)$/.test(option)) dockerfile = next
    else if (option === '--target') stage = next
  }
  const folder = context ?? '.'
  const dockerfiles = [...new Set([dirname(path), root])].flatMap((at) =>
    dockerfile == null
      ? [resolve(at, folder, 'Dockerfile')]
      : [resolve(at, dockerfile), resolve(at, folder, dockerfile)],
  )
  return {
    ...nothingSaid,
    kind: 'build',
    dockerfiles,
    context: resolve(dirname(path), folder),
    stage: stage ?? null,
    names,
  }
}

const TAKES_VALUE =
  /^(-t|--tag|-f|--file|--target|--build-arg|--build-context|--platform|--cache-(from|to)|--label|--network|--secret|--ssh|--output|-o|--progress|--builder|--iidfile|--add-host|--ulimit|--shm-size|-m|--memory|-v|--volume|--format|--annotation|--attest|--metadata-file)$/
