import { baseName, isInside } from '../../places.ts'
import { isShell, parseShellScript, type ShellCommand, shellArguments } from '../../shell/index.ts'
import { asList, type Json, textOf } from '../yaml/file.ts'
import type { VolumeUse } from './workloads.ts'

type Use = Pick<VolumeUse, 'volume' | 'path'>

/** How an init container that changes owners is replaced where `fsGroup` does the same. */
export type OwnerStep =
  /** It changes none. */
  | { readonly kind: 'none' }
  /** It does nothing else. */
  | { readonly kind: 'all'; readonly places: readonly string[] }
  /** It does more: that is left, and needs no root for it. */
  | { readonly kind: 'part'; readonly places: readonly string[]; readonly container: Json }
  /** What `fsGroup` does not do. */
  | {
      readonly kind: 'other'
      readonly reason: string
      /** It does nothing else than that. */
      readonly isAlone: boolean
    }

const OWNERS = ['chown', 'chgrp', 'chmod']
/** They change nothing. */
const QUIET = 'echo printf true : set [ [[ test ls id stat whoami sleep exit'.split(' ')

export function ownerStep(container: Json, uses: readonly Use[]): OwnerStep {
  const words = [...asList(container.command), ...asList(container.args)].map(textOf)
  const script = scriptOf(words)
  if (!script.text.split(/\W+/).some((word) => word === 'chown' || word === 'chgrp')) return { kind: 'none' }
  const commands = commandsOf(script.text)
  if (commands === null) return { kind: 'other', reason: 'its script could not be read', isAlone: false }
  const steps = commands.map((command) => ({ command, change: changeOf(command, commands) }))
  const changes = steps.flatMap(({ change }) => (change === null ? [] : [change]))
  const places = [...new Set(changes.flatMap((change) => change.places))]
  const rest = steps.filter(({ change }) => change === null).map(({ command }) => command)
  const more = rest.flatMap(({ name }) => (name !== null && QUIET.includes(name) ? [] : (name ?? 'a variable')))
  const reason =
    changes.find((change) => change.reason !== null)?.reason ??
    places.map((place) => outsideOf(place, uses)).find((found) => found !== null) ??
    null
  if (reason !== null) return { kind: 'other', reason, isAlone: more.length === 0 }
  if (more.length === 0) return { kind: 'all', places }
  const isFlat = steps.every(
    ({ command, change }) => change === null || (!command.conditional && ['', ';', '&&'].includes(command.connector)),
  )
  const text = isFlat && script.index !== null ? without(script.text, steps) : null
  if (text === null || script.index === null)
    return { kind: 'other', reason: `it does more: ${more.join(', ')}`, isAlone: false }
  const inCommand = asList(container.command).length
  const at = script.index
  const changed = (list: readonly unknown[], from: number): readonly unknown[] =>
    list.map((word, index) => (index + from === at ? text : word))
  return {
    kind: 'part',
    places,
    container: {
      ...container,
      ...(container.command === undefined ? {} : { command: changed(asList(container.command), 0) }),
      ...(container.args === undefined ? {} : { args: changed(asList(container.args), inCommand) }),
    },
  }
}

/** The script of its shell, and the index of that word; null for a command without one. */
function scriptOf(words: readonly string[]): { readonly text: string; readonly index: number | null } {
  const text = isShell(words[0] ?? '')
    ? shellArguments(words.slice(1).map((value) => ({ text: value, value }))).text
    : null
  if (text === null) return { text: words.map(quoted).join(' '), index: null }
  return { text: text.value, index: words.indexOf(text.value) }
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function commandsOf(text: string): readonly ShellCommand[] | null {
  const script = parseShellScript(text)
  if (script.kind === 'unparsed' || script.commands.some(({ within }) => within !== 'script')) return null
  return script.commands
}

interface Change {
  readonly places: readonly string[]
  /** Why `fsGroup` is no answer to it; null where it is. */
  readonly reason: string | null
}

/** Null for a command that changes neither owners nor modes. */
function changeOf(command: ShellCommand, all: readonly ShellCommand[]): Change | null {
  // A pattern for all that is in a folder means the folder.
  const words = command.words.map(({ value, text }) => value ?? (/^\/[\w./-]+\/\*$/.test(text) ? text : null))
  const name = baseName(command.name ?? '')
  if (name === 'xargs' && words.some((word) => OWNERS.includes(word ?? '')))
    return all.some((other) => other.name === 'find') ? { places: [], reason: null } : unread('xargs')
  if (name === 'find' && words.some((word) => word === '-exec' || word === '-print0' || word === '-print')) {
    const end = words.findIndex((word) => word === null || word.startsWith('-') || word === '!' || word === '(')
    const action = words[words.indexOf('-exec') + 1] ?? ''
    if (words.includes('-exec') && !OWNERS.includes(action)) return null
    return placesIn(words.slice(1, Math.max(end, 1)), name)
  }
  if (!OWNERS.includes(name)) return null
  const options = words.slice(1).filter((word) => word?.startsWith('--reference') === true)
  if (options.length > 0) return unread(name)
  // A mode may begin with a minus: `-w`.
  const operands = words.slice(1).filter((word) => word === null || !/^-[A-Za-z-]/.test(word))
  const [subject, ...places] = operands
  if (name === 'chmod' && (subject == null || closes(subject)))
    return { places: [], reason: `it closes files to all but their owner (chmod ${subject ?? '…'})` }
  return placesIn(places, name)
}

function unread(name: string): Change {
  return { places: [], reason: `what its ${name} changes could not be read` }
}

function placesIn(words: readonly (string | null)[], name: string): Change {
  const places: string[] = []
  for (const word of words) {
    if (word === null || !word.startsWith('/')) return unread(name)
    places.push(word.replace(/(?<!\/)\/+(?:\.|\*)?$/, '') || '/')
  }
  return places.length === 0 ? unread(name) : { places, reason: null }
}

/** `0700`, `600`, `go=`, `go-rwx`: what a program may insist on, and `fsGroup` opens again. */
function closes(mode: string): boolean {
  if (/^[0-7]{3,4}$/.test(mode)) return (Number.parseInt(mode.at(-2) ?? '7', 8) & 4) === 0
  return mode.split(',').some((part) => {
    const [, who = '', change = '', what = ''] = /^([ugoa]*)([=+-])(.*)$/.exec(part) ?? []
    return /[go]/.test(who) && (change === '=' ? !what.includes('r') : change === '-' && what.includes('r'))
  })
}

/** Why `fsGroup` does not reach a place; null where it does. */
function outsideOf(place: string, uses: readonly Use[]): string | null {
  const use = uses
    .filter(({ path }) => place === path || isInside(place, path))
    .sort((a, b) => b.path.length - a.path.length)[0]
  if (use === undefined) return `${place} is in no volume`
  const { kind, name } = use.volume
  if (kind === 'host') return `fsGroup does not reach ${place}, which is in the hostPath volume ${name}`
  if (kind === 'remote') return `fsGroup does not reach ${place}: the driver of the volume ${name} does without`
  return null
}

interface Step {
  readonly command: ShellCommand
  readonly change: Change | null
}

/** The script without the commands that change owners; null where they cannot be cut out. */
function without(text: string, steps: readonly Step[]): string | null {
  const kept = steps.filter(({ change }) => change === null)
  let after = text
  for (const [index, { command, change }] of [...steps.entries()].reverse()) {
    if (change === null) continue
    const previous = steps[index - 1]?.command
    const next = steps[index + 1]?.command
    const [start, end] =
      previous === undefined ? [command.span.start, next?.span.start] : [previous.span.end, command.span.end]
    after = after.slice(0, start) + after.slice(end)
  }
  const found = commandsOf(after)
  const said = (list: readonly ShellCommand[], of: string): string =>
    list.map(({ span, conditional }) => `${conditional} ${of.slice(span.start, span.end)}`).join('\n')
  const before = said(
    kept.map(({ command }) => command),
    text,
  )
  return found === null || said(found, after) !== before ? null : after
}
