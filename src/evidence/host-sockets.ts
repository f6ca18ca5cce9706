import { argvOf } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import { HOST_SOCKET } from '../image/image-run.ts'
import { baseName } from '../places.ts'
import { choices } from '../words.ts'
import { question } from './claim.ts'
import type { Provider, StageView } from './provider.ts'
import { placeIn } from './script-writes.ts'

const SOURCE = /\.(py|m?[jt]sx?|cjs|rb|php|pl|lua|go|rs|java|kt|cs|exs?|sh|bash|toml|conf|ini|ya?ml)$|entrypoint/
/** What is there for people and for those who build it. */
const ASIDE =
  /(^|\/)(tests?|specs?|__tests__|docs?|examples?|\.github|node_modules|vendor|site-packages)\/|(^|\/)(docker-)?compose[\w.-]{0,60}\.ya?ml$|\.(test|spec)\./
const COMMENT = /^\s*(#|\/\/|\*|;)/

/** A program that speaks to the container engine of its host: through a socket that belongs to root and to a group of the host. */
export const hostSockets: Provider = {
  name: 'host-sockets',
  summary: "the socket of the host's container engine, named by the command, a variable or the source",
  when: 'before-run',
  *claims({ contents, builders, started, start }) {
    const configured = [...inConfig(started), ...byCommand(start, started)]
    const all =
      configured.length > 0 ? configured : [contents, ...builders].flatMap((one) => [...inSources(one, started)])
    const [named] = all
    if (named === undefined) return
    const message = `it uses the host's container engine through ${named.socket}, which belongs to root there`
    if (configured.length === 0)
      yield question('host-folder', named.detail.replace(/^(?:named|taken by .*) in /, ''), message)
    else
      yield {
        kind: 'remark',
        outcome: 'todo',
        transform: 'report-remarks',
        message: `${message}: cannot tell whether the user may`,
        hint: choices(
          'run it with the group of that socket (--group-add, group_add), by its number on the host',
          'keep root for it: who reaches the socket is as good as root there',
        ),
        evidence: [{ source: 'declared', subject: named.socket, detail: named.detail }],
      }
  },
}

interface Named {
  readonly socket: string
  readonly detail: string
}

function inConfig(config: ImageConfig): readonly Named[] {
  const said = [
    ...[...config.env].map(([name, value]) => [value, `named in ${name}`] as const),
    ...argvOf(config).map((word) => [word, 'named in its command'] as const),
    ...config.volumes.map((path) => [path, 'declared by VOLUME'] as const),
  ]
  return said.flatMap(([text, detail]) => {
    const socket = HOST_SOCKET.exec(text)?.[0]
    return socket === undefined ? [] : [{ socket, detail }]
  })
}

/** What asks an engine; `docker login` and `docker --version` do without. */
const ASKS_ENGINE =
  /^(ps|port|run|exec|start|stop|restart|kill|rm|logs|inspect|pull|push|images?|build|cp|create|info|events|stats|top|wait|network|volume|container|system|service|stack|swarm|compose|up|down)$/

/** A start script calls the client of an engine, and starts none of its own. */
function byCommand({ launches }: StageView['start'], { env }: ImageConfig): readonly Named[] {
  const isOwn = launches.some(({ words }) => /^(dockerd(-entrypoint\.sh)?|containerd)$/.test(baseName(words[0] ?? '')))
  if (isOwn || isElsewhere(env)) return []
  return launches.flatMap(({ words: [program = '', ...rest], path, line, guarded }) => {
    const verb = rest.find((word) => !word.startsWith('-')) ?? ''
    const isClient = /^docker(-compose)?$/.test(baseName(program)) && ASKS_ENGINE.test(verb)
    const isTold = rest.some((word) => /^(-H|--host)(=|$)|^-H./.test(word))
    if (!isClient || isTold || guarded === true) return []
    const detail = `asked by ${baseName(program)} ${verb} in ${placeIn(path, line)}`
    return [{ socket: '/var/run/docker.sock', detail }]
  })
}

function isElsewhere(env: ImageConfig['env']): boolean {
  return /^(tcp|https?|ssh):/.test(env.get('DOCKER_HOST') ?? '')
}

/** Clients of the Docker Engine that take its usual socket where nothing names another. Source: each library's own documentation. */
const CLIENTS =
  /\bclient\.(?:FromEnv\b|NewEnvClient\()|\bdocker\.(?:from_env\(|NewEnv\(|NewClientFromEnv\(|DockerClient\(\s{0,9}\))|\bconnect_with_(?:local|socket|unix)_defaults\(|\bnew Docker(?:ode)?\(\s{0,9}\)/
const OF_LIBRARY =
  /\/docker\/client"|\/engine\/docker"|\/go-dockerclient"|\/moby\/(?:moby\/)?client"|\b(?:import|from) docker\b|\bbollard\b|['"]dockerode['"]/

function* inSources({ texts, origins }: StageContents, { env }: ImageConfig): Iterable<Named> {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    if (!SOURCE.test(file) || ASIDE.test(origin)) continue
    const byLibrary = !isElsewhere(env) && OF_LIBRARY.test(text) ? CLIENTS.exec(text) : null
    const found = HOST_SOCKET.exec(text) ?? byLibrary
    if (found === null || COMMENT.test(text.slice(text.lastIndexOf('\n', found.index) + 1, found.index))) continue
    const where = `${origin} line ${lineOf(text, found.index)}`
    yield found === byLibrary
      ? { socket: '/var/run/docker.sock', detail: `taken by ${found[0].replace(/\(.*/s, '')} in ${where}` }
      : { socket: found[0], detail: `named in ${where}` }
  }
}
