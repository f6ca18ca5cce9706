import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import { HOST_SOCKET } from '../image/image-run.ts'
import { memoizeSearch } from '../memoize.ts'
import { argvOf } from '../shell/index.ts'
import { question } from './claim.ts'
import type { Provider } from './provider.ts'

const SOURCE = /\.(py|m?[jt]sx?|cjs|rb|php|pl|lua|go|rs|java|kt|cs|exs?|sh|bash|toml|conf|ini|ya?ml)$|entrypoint/
/** Folders for people and for those who build the program. */
const ASIDE =
  /(^|\/)(tests?|specs?|__tests__|docs?|examples?|\.github|node_modules|vendor|site-packages)\/|(^|\/)(docker-)?compose[\w.-]{0,60}\.ya?ml$|\.(test|spec)\./
const COMMENT = /^\s*(#|\/\/|\*|;)/

/** A program that talks to the host's container engine: its socket belongs to root and a group of the host. */
export const hostSockets: Provider = {
  name: 'host-sockets',
  summary: "the socket of the host's container engine, named by the command, a variable or the source",
  when: 'before-run',
  *claims({ contents, builders, started }) {
    const sources = [contents, ...builders].flatMap((one) => [...inSources(one, started)])
    const [named] = [...inConfig(started), ...sources]
    if (named === undefined) return
    yield question(
      'host-folder',
      named.where,
      `it uses the host's container engine through ${named.socket}, which belongs to root there`,
    )
  },
}

interface Named {
  readonly socket: string
  readonly where: string
}

function inConfig(config: ImageConfig): readonly Named[] {
  const said = [
    ...[...config.env].map(([name, value]) => [value, `ENV ${name}`] as const),
    ...argvOf(config).map((word) => [word, 'the command'] as const),
    ...config.volumes.map((path) => [path, 'VOLUME'] as const),
  ]
  return said.flatMap(([text, where]) => {
    const socket = HOST_SOCKET.exec(text)?.[0]
    return socket === undefined ? [] : [{ socket, where }]
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

/** The socket that a source names, and the client of one that takes the usual socket; each where it is no comment. */
const socketIn = memoizeSearch((text) => {
  const place = (found: RegExpExecArray | null): { readonly line: number; readonly said: string } | null =>
    found === null || COMMENT.test(text.slice(text.lastIndexOf('\n', found.index) + 1, found.index))
      ? null
      : { line: lineOf(text, found.index), said: found[0] }
  const named = HOST_SOCKET.exec(text)
  // A client that is told of a socket takes that.
  return { named: place(named), client: named === null && OF_LIBRARY.test(text) ? place(CLIENTS.exec(text)) : null }
})

function* inSources({ texts, origins }: StageContents, { env }: ImageConfig): Iterable<Named> {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    if (!SOURCE.test(file) || ASIDE.test(origin)) continue
    const { named, client } = socketIn(text)
    if (named !== null) yield { socket: named.said, where: `${origin} line ${named.line}` }
    else if (client !== null && !isElsewhere(env))
      yield { socket: '/var/run/docker.sock', where: `${origin} line ${client.line}` }
  }
}
