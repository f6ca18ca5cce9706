import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import { HOST_SOCKET, HOST_SOCKET_HINT } from '../image/host-socket.ts'
import { lineOf } from '../line-of.ts'
import type { Remark } from '../plan/plan.ts'

const SOURCE = /\.(py|m?[jt]sx?|cjs|rb|php|pl|lua|go|rs|java|kt|cs|exs?|sh|bash|toml|conf|ini|ya?ml)$|entrypoint/
/** What is there for people and for those who build it. */
const ASIDE =
  /(^|\/)(tests?|specs?|__tests__|docs?|examples?|\.github)\/|(^|\/)(docker-)?compose[\w.-]*\.ya?ml$|\.(test|spec)\./
const COMMENT = /^\s*(#|\/\/|\*|;)/

/** A program that speaks to the container engine of its host: through a socket that belongs to root and to a group of the host. */
export function hostSockets(
  { texts, origins }: Pick<Shipped, 'texts' | 'origins'>,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd' | 'env' | 'volumes'>,
): readonly Remark[] {
  const [configured] = inConfig(config)
  // The first is enough: the texts are all that the stage ships.
  const [named] = configured === undefined ? inSources({ texts, origins }) : [configured]
  if (named === undefined) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `it speaks to the container engine of the host through ${named.socket}, which belongs to root there: whether the user may is not known`,
      hint: HOST_SOCKET_HINT,
      evidence: [{ source: 'declared', subject: named.socket, detail: named.detail }],
    },
  ]
}

interface Named {
  readonly socket: string
  readonly detail: string
}

function inConfig(config: Pick<ImageConfig, 'entrypoint' | 'cmd' | 'env' | 'volumes'>): readonly Named[] {
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

function* inSources({ texts, origins }: Pick<Shipped, 'texts' | 'origins'>): Iterable<Named> {
  for (const [file, text] of texts) {
    const origin = origins.get(file) ?? file
    const found = !SOURCE.test(file) || ASIDE.test(origin) ? null : HOST_SOCKET.exec(text)
    if (found === null) continue
    const line = text.slice(text.lastIndexOf('\n', found.index) + 1, found.index)
    if (!COMMENT.test(line)) yield { socket: found[0], detail: `named in ${origin} line ${lineOf(text, found.index)}` }
  }
}
