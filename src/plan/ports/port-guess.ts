import type { Command } from '../../command/index.ts'
import { inPlaceOf } from '../../evidence/file-edit.ts'
import type { PortSources } from './decide-port.ts'
import { configurationRead, type PortPlace, portSetting } from './port-files.ts'
import { isCommentOrForward, portEdit } from './port-lines.ts'

/** One place that says the number, and what moves it there. */
interface Place {
  readonly where: string
  /** Its name where it has a known form: then it was shown not to set the port. */
  readonly known: string
  readonly change: (found: PortPlace) => PortPlace
}

/**
 * The number as a word of its own: `at=80/tcp`, `0.0.0.0,80;no-tls`, `door 80`. Not part of a path, an address, a larger
 * number or one with a unit; nor a port of another machine.
 */
function asWord(port: number): RegExp {
  const other = String.raw`(?<!(?<![\d.])(?!0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}[,@#!: ]|\blocalhost[,@#!: ])`
  return new RegExp(String.raw`(?<![\w./%$-])${other}${port}(?![\w.%-]|\/(?!tcp\b|udp\b))`, 'g')
}

/**
 * What has no form that is known for a port, and is the only place of all that says the number: of the arguments, the
 * environment and the configuration that the run read. The next round shows whether it is one. Null where there is no
 * such place, or more than one.
 */
export function guessPort(from: number, to: number, sources: PortSources, command: Command): PortPlace | null {
  if (sources.bound?.some(({ port }) => port === from) !== true) return null
  const places = [
    ...inArguments('entrypoint', from, to, command),
    ...inArguments('cmd', from, to, command),
    ...inEnvironment(from, to, sources),
    ...inLines(from, to, sources),
  ]
  const [only, second] = places.filter(({ known }) => sources.excluded?.has(known) !== true)
  if (only === undefined || second !== undefined) return null
  const detail = `the only place that sets ${from}: ${only.where}`
  if (sources.excluded?.has(detail) === true) return null
  const evidence = { source: 'config', subject: String(from), detail } as const
  const { fileEdits, env, ...argv } = only.change({ fileEdits: [], env: [], ...command, evidence: [evidence] })
  return {
    ...argv,
    fileEdits: fileEdits.map((edit) => ({ ...edit, evidence: [evidence] })),
    env: env.map((setting) => ({ ...setting, evidence: [evidence] })),
  }
}

function inArguments(of: 'entrypoint' | 'cmd', from: number, to: number, command: Command): readonly Place[] {
  const words = command[of] ?? []
  return words.flatMap((word, index): readonly Place[] => {
    // `-x80`: an option of one letter with its value.
    const glued = new RegExp(`^-[A-Za-z]${from}$`).test(word)
    const times = glued ? 1 : (word.match(asWord(from)) ?? []).length
    const moved = glued ? `${word.slice(0, 2)}${to}` : word.replace(asWord(from), String(to))
    const change = (found: PortPlace): PortPlace => ({ ...found, [of]: words.with(index, moved) })
    const keyword = of.toUpperCase()
    const place = { where: `"${word}" in ${keyword}`, known: `set by an argument of ${keyword}`, change }
    return Array.from({ length: times }, () => place)
  })
}

function inEnvironment(from: number, to: number, { facts }: PortSources): readonly Place[] {
  return [...facts.config.env].flatMap(([name, value]) =>
    (value.match(asWord(from)) ?? []).map((): Place => {
      const setting = portSetting(name, value.replace(asWord(from), String(to)), from)
      const where = `ENV ${name}=${value}`
      return { where, known: `set by ${where}`, change: (found) => ({ ...found, env: [setting] }) }
    }),
  )
}

function inLines(from: number, to: number, sources: PortSources): readonly Place[] {
  return configurationRead(sources).flatMap(({ path, text }) =>
    text.split(/\r?\n/).flatMap((line) => {
      if (isCommentOrForward(line)) return []
      return (line.match(asWord(from)) ?? []).map((): Place => {
        const said = line.trim()
        const substitution = inPlaceOf(said, said.replace(asWord(from), String(to)))
        const edit = portEdit(path, from, [{ text: said, substitution }])
        const where = `"${said}" in ${path}`
        return { where, known: `set by ${where}`, change: (found) => ({ ...found, fileEdits: [edit] }) }
      })
    }),
  )
}
