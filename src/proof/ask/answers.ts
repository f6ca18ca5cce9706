interface AnswerBook {
  add(answers: readonly PortAnswer[]): void
  /** One answer a port: the last one, or `unsteady` where it did not go on giving the same. */
  all(): readonly PortAnswer[]
}

/**
 * Collects what ports answered over all looks. A port that opened late, or first gave what a server gives that is not up
 * yet, counts from then on.
 */
export function answerBook(): AnswerBook {
  const byPort = new Map<string, PortAnswer[]>()
  return {
    add(answers) {
      for (const answer of answers) {
        const key = `${answer.protocol} ${answer.port}`
        byPort.set(key, [...(byPort.get(key) ?? []), answer])
      }
    },
    all: () => [...byPort.values()].map(oneOf),
  }
}

function oneOf(answers: readonly PortAnswer[]): PortAnswer {
  const last = answers.at(-1)
  if (last === undefined) throw new Error('a port in the book has an answer')
  // A port that is only listened on for a while is a client's.
  if (last.kind === 'closed' && answers.every(({ kind }) => kind === 'closed' || kind === 'bound')) return last
  const ready = answers.findIndex((answer) => variantOf(answer) === variantOf(last) || !isNotReady(answer))
  const variants = [...new Set(answers.slice(ready).map(variantOf))]
  return variants.length <= 1 ? last : { ...last, kind: 'unsteady', detail: variants.join(', then '), variants }
}

export function isWeb(kind: PortAnswer['kind']): boolean {
  return kind === 'http' || kind === 'https'
}

/** What a server gives that is not up yet. */
function isNotReady({ kind, detail }: PortAnswer): boolean {
  return kind === 'closed' || kind === 'open' || kind === 'bound' || (isWeb(kind) && detail.startsWith('5'))
}

/**
 * Kind and detail as one text, for comparing. Whether a word came before or after the question is a matter of how busy
 * the machine is.
 */
export function variantOf({ kind, detail }: Pick<PortAnswer, 'kind' | 'detail'>): string {
  return `${kind === 'greeting' ? 'answer' : kind} ${detail}`.trim()
}

/** All that a port gave. */
export function variantsOf(answer: Pick<PortAnswer, 'kind' | 'detail' | 'variants'>): readonly string[] {
  return answer.variants ?? [variantOf(answer)]
}

/** What shows that a server is not up yet, or is too busy: no answer to be content with. */
const NO_WORK = /^(?:closed|open|bound|unsteady|https? 5)/

/** The answers of one run, with what another run of the same image gave as well: the one is as good as the other. */
export function withOtherRun(answers: readonly PortAnswer[], others: readonly PortAnswer[]): readonly PortAnswer[] {
  return answers.map((answer) => {
    const { port, protocol, kind, unasked } = answer
    const other = others.find((one) => one.port === port && one.protocol === protocol)
    if (other === undefined || kind === 'closed' || unasked === true) return answer
    const usual = variantsOf(answer)
    const more = variantsOf(other).filter((variant) => !NO_WORK.test(variant) && !usual.includes(variant))
    return more.length === 0 ? answer : { ...answer, variants: [...usual, ...more] }
  })
}

/** One of its groups may have letters alone. Source: RFC 9562, 4 */
const UUID = /(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])/gi

/** Numbers, and identifiers of hex digits with one in them, as 0: what a run has another of each time is the same. */
export function withoutNumbers(text: string): string {
  return text.replace(UUID, '0').replace(/(?<![0-9a-f])[0-9a-f]*\d[0-9a-f]*/gi, '0')
}

/**
 * An answer without the name of its own container, which Docker, Podman and nerdctl make of the first 12 hex digits of
 * its id: servers greet with it and redirect to it.
 * Source: https://docs.docker.com/engine/network/#ip-address-and-hostname
 */
export function withoutOwnName(text: string): string {
  return text.replace(/[0-9a-f]{12,}/g, 'ID')
}

/** What one port answered. */
export interface PortAnswer {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /**
   * `greeting`: it speaks first; `answer`: it answers what it does not understand; `spoken`: it answers the first
   * words of a client of its protocol; `open`: it says nothing; `tls`: it speaks TLS, and no HTTP in it; `bound`: it is
   * listened on, and what it answers was not seen; `unsteady`: it did not always answer the same.
   */
  readonly kind: 'http' | 'https' | 'tls' | 'greeting' | 'answer' | 'spoken' | 'open' | 'bound' | 'closed' | 'unsteady'
  /** `200 text/html` or `302 to /login` for HTTP, the first word of a greeting or an answer, `Redis +PONG` for what is spoken, '' otherwise. */
  readonly detail: string
  /** More ports are open than are asked (bounds.askedPorts), and this one was not; or it is one of a program that dies of questions. */
  readonly unasked?: true
  /** The image declares ports, and not this one. */
  readonly undeclared?: true
  /** Of an `unsteady` one: all that it gave, as kind and detail. */
  readonly variants?: readonly string[]
}
