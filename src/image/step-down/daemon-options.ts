import type { SwitchCommand } from '../../command/index.ts'
import { programIndex, type Word } from '../../command/index.ts'
import { nameOf } from '../../path.ts'
import { type Daemon, daemonOf } from './daemons.ts'

/** A daemon that its own command line tells to switch: `memcached -u memcache`, `mysqld --user=mysql`, `nginx -g 'user x;'`. */
export function readDaemonOption(words: readonly Word[]): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  if (program == null) return null
  const daemon = daemonOf(nameOf(program))
  if (daemon === null) return null
  if (daemon.inOption !== null) return inOption(words, from, daemon)
  const user = optionAt(words, from, daemon.options ?? [])
  if (user === null || user.value.value === 'root' || user.value.value === '0') return null
  const group = optionAt(words, from, daemon.groupOptions ?? [])
  const places = group === null ? [user] : [user, group]
  return takenOut(words, { tool: nameOf(program), user: user.value, group: group?.value ?? null, places })
}

export interface Taken extends Pick<SwitchCommand, 'tool' | 'user' | 'group'> {
  /** Where the options are; at least one. */
  readonly places: readonly Place[]
}

/** The switch that these options make, and the words of their range that stay. */
export function takenOut(words: readonly Word[], { places, ...what }: Taken): SwitchCommand {
  const first = Math.min(...places.map((place) => place.from))
  const last = Math.max(...places.map((place) => place.to))
  const instead = words
    .slice(first, last)
    .filter((_, i) => !places.some(({ from, to }) => first + i >= from && first + i < to))
  return { ...what, from: first, to: last, instead }
}

export interface Place {
  readonly value: Word
  readonly from: number
  readonly to: number
}

/** The first of the options, with its value: the next word, or what is attached to it. */
export function optionAt(words: readonly Word[], program: number, names: readonly string[]): Place | null {
  for (let at = program + 1; at < words.length; at += 1) {
    const word = words[at] as Word
    const option = names.find((name) => matches(word.text, name))
    if (option === undefined) continue
    const attached = word.text.slice(option.length).replace(/^=/, '')
    if (attached !== '')
      return { value: { text: attached, value: word.value === null ? null : attached }, from: at, to: at + 1 }
    const value = words[at + 1]
    return value === undefined ? null : { value, from: at, to: at + 2 }
  }
  return null
}

function matches(text: string, option: string): boolean {
  if (text === option) return true
  return option.startsWith('--') ? text.startsWith(`${option}=`) : text.startsWith(option) && !text.startsWith('--')
}

/** Of an option whose value is configuration. */
function inOption(words: readonly Word[], from: number, { inOption }: Daemon): SwitchCommand | null {
  for (let at = from + 1; inOption !== null && at < words.length; at += 1) {
    const word = words[at] as Word
    const { user, group } = inOption.pattern.exec(word.text)?.groups ?? {}
    if (user === undefined || words[at - 1]?.value !== inOption.option || user === 'root') continue
    const cut = (text: string): string => text.replace(inOption.pattern, '$<before>')
    const instead = { text: cut(word.text), value: word.value === null ? null : cut(word.value) }
    return {
      tool: nameOf(words[from]?.value ?? ''),
      user: { text: user, value: user },
      group: group === undefined ? null : { text: group, value: group },
      from: at,
      to: at + 1,
      instead: [instead],
    }
  }
  return null
}
