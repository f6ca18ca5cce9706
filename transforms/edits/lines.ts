/** What is written: lines of a Dockerfile in the file's own manner. */

import { commentWords, heredocCopy, quotedWord } from '../../src/borders/dockerfile.ts'
import { allInstructions } from '../../src/dockerfile/layout.ts'
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/model.ts'
import { shellCommands } from '../../src/dockerfile/shell.ts'
import { sourceSpan } from '../../src/dockerfile/words.ts'
import type { Edit, Span } from '../../src/edit.ts'
import type { EnvSetting } from '../../src/evidence/claim.ts'
import { memoizeByObject } from '../../src/memoize.ts'
import { insertLines, placeOf } from './placement.ts'

const COMMENT_WIDTH = 116

/** A keyword in the case that most instructions of the file have. */
export function keyword(dockerfile: Dockerfile, name: string): string {
  return keywordStyle(dockerfile) === 'lower' ? name.toLowerCase() : name
}

/** How most instructions write their keyword. */
const keywordStyle = memoizeByObject((dockerfile: Dockerfile): 'upper' | 'lower' => {
  let upper = 0
  let lower = 0
  for (const { keyword, keywordSpan } of allInstructions(dockerfile)) {
    const written = dockerfile.source.slice(keywordSpan.start, keywordSpan.end)
    if (written === keyword) upper += 1
    else if (written === keyword.toLowerCase()) lower += 1
  }
  return lower > upper ? 'lower' : 'upper'
})

/** What some program obeys where a comment begins with it, this one included. */
const PRAGMA = /^(?:harden-image|hadolint|checkov|trivy)\b/i

// Of a comment that is one line.
const SHORT_WIDTH = 80
const PREFIX = '# harden-image:'

/** Why a step is there, for the comment above it. */
export interface ReasonLines {
  /** All of it, as comment lines of a readable width. */
  readonly lines: readonly string[]
  /** One line. */
  readonly short: string
}

/** The reason above a step; `short`: what one line is to say. */
export function reason(text: string, short = text): readonly [ReasonLines] {
  const lines: string[] = []
  let line = PREFIX
  for (const word of commentWords(text)) {
    if (line.length + 1 + word.length > COMMENT_WIDTH && line !== '#') {
      lines.push(line)
      line = PRAGMA.test(word) ? '#   …' : '#  '
    }
    line += ` ${word}`
  }
  return [{ lines: [...lines, line], short: shortened(short) }]
}

/** One line: all of it, or what of it has room. */
function shortened(text: string): string {
  const named = byLastName(text)
  const [first = ''] = named.split('; ')
  const tries = [
    text,
    ...fewer(text, '; ', '; and more'),
    named,
    ...fewer(named, '; ', '; and more'),
    first,
    ...fewer(first, ', ', ''),
  ]
  return tries.map(lineOf).find((line) => line !== null) ?? withFewWords(named)
}

/** Without its last part, without the last two, and so on. */
function fewer(text: string, between: string, behind: string): readonly string[] {
  const parts = text.split(between)
  return parts.slice(1).map((_, left) => parts.slice(0, parts.length - 1 - left).join(between) + behind)
}

/** `/usr/local/bin/start.sh` is `start.sh` where there is no room for all of it. */
function byLastName(text: string): string {
  return text
    .split(' ')
    .map((word) => (/^\/.+\/./.test(word) ? word.slice(word.lastIndexOf('/') + 1) || word : word))
    .join(' ')
}

/** Null where it does not fit. */
function lineOf(text: string): string | null {
  const line = [PREFIX, ...commentWords(text)].join(' ')
  return line.length <= SHORT_WIDTH ? line : null
}

function withFewWords(text: string): string {
  const room = SHORT_WIDTH - ' …'.length
  let line = PREFIX
  for (const word of commentWords(text)) {
    if (line.length + 1 + word.length > room) break
    line += ` ${word}`
  }
  const [first = ''] = commentWords(text)
  return `${line === PREFIX ? `${PREFIX} ${first}`.slice(0, room) : line.replace(/(?<![\s,;:(])[\s,;:(]+$/, '')} …`
}

/** A line of a RUN has no more characters, unless one word has. */
const LINE_WIDTH = 120
/** Words of a command that go on in a line of their own. */
const INDENT = '      '

/** A shell command, in parts between which its line may end. */
export type CommandParts = readonly string[]

/** One RUN of several commands, each in a line of its own, or in as many as it has parts where it is too long for one. */
export function runStep(dockerfile: Dockerfile, commands: readonly CommandParts[]): readonly string[] {
  const written = commands.map((parts, index) => {
    const head = index === 0 ? keyword(dockerfile, 'RUN') : ' &&'
    const line = `${head} ${parts.join(' ')}`
    const isLong = line.length + ' \\'.length > LINE_WIDTH || parts.filter((part) => part.startsWith('-e ')).length > 1
    const [first = '', ...others] = parts
    return isLong ? [`${head} ${first}`, ...filled(others)] : [line]
  })
  return written.flat().map((line, index, all) => (index < all.length - 1 ? `${line} ${dockerfile.escape}` : line))
}

/**
 * The commands behind those of a RUN that is there, with their reason in it. Null where that RUN does more than keep house: what it
 * costs to do again, or how its commands hang together, is not known then.
 */
export function runGoesOn(
  dockerfile: Dockerfile,
  run: Instruction,
  why: readonly ReasonLines[],
  commands: readonly CommandParts[],
): Edit | null {
  const isPlain = run.keyword === 'RUN' && run.json === null && run.flags.length === 0 && run.heredocs.length === 0
  if (!isPlain || /[#;|<>`(]|(?:^|[^&])&(?!&)|&&\s*$/.test(run.text)) return null
  const script = shellCommands(run)
  if (script.kind !== 'parsed' || !script.commands.every(({ name }) => name !== null && KEEPS_HOUSE.test(name)))
    return null
  const [first = '', ...others] = runStep(dockerfile, commands)
  const lines = [` && ${first.slice('RUN '.length)}`, ...others]
  const place = { offset: run.span.end, open: true }
  const edit = insertLines(dockerfile, place, [...why, ...lines])
  const continued = ` ${dockerfile.escape}`
  return {
    ...edit,
    text: `${continued}${edit.text}`,
    reasons: (edit.reasons ?? []).map((one) => ({
      ...one,
      start: one.start + continued.length,
      end: one.end + continued.length,
    })),
  }
}

/** What such a step does is done again at no cost. */
const KEEPS_HOUSE = /^(?:mkdir|chown|chmod|chgrp|touch|ln|install|rm|addgroup|adduser|groupadd|useradd|usermod)$/

/** Parts in indented lines: an expression of sed in one of its own, others as many as fit. */
function filled(parts: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    const isApart = last === undefined || /^ *-e /.test(last) || part.startsWith('-e ')
    if (isApart || last.length + part.length + ' \\ '.length > LINE_WIDTH) lines.push(`${INDENT}${part}`)
    else lines[lines.length - 1] = `${last} ${part}`
  }
  return lines
}

/** A heredoc COPY of a whole text. In a file with CRLF each line ends so, those of the heredoc too. Throws HardenError `unwritable`. */
export function copyText(dockerfile: Dockerfile, text: string, path: string, flags: string): readonly string[] {
  const copy = keyword(dockerfile, 'COPY')
  const body = dockerfile.eol === '\n' ? text : text.replaceAll('\r\n', '\n')
  return heredocCopy(flags === '' ? copy : `${copy} ${flags}`, body, path, dockerfile.escape)
}

/** An ENV line of its own, with its reason, where USER goes. */
export function insertEnv(dockerfile: Dockerfile, stage: Stage, setting: EnvSetting): Edit {
  return insertLines(dockerfile, placeOf(dockerfile, stage, null, 'set-env'), [
    ...reason(setting.reason),
    `${keyword(dockerfile, 'ENV')} ${setting.name}=${quotedWord(setting.value, dockerfile.escape)}`,
  ])
}

interface NamedSpan extends Span {
  readonly name: string
}

/**
 * The default of the build argument that a variable of the stage takes its port from (`ENV PORT=$P`): a literal in its place
 * would leave `--build-arg P` without effect. Null where the variable takes it from elsewhere, or the default is another port.
 */
export function argumentOf(
  dockerfile: Dockerfile,
  stage: Stage,
  { name }: Pick<EnvSetting, 'name'>,
  ports: ReadonlySet<string>,
): NamedSpan | null {
  const names = stage.instructions.flatMap(({ keyword: word, words }) =>
    word === 'ENV' ? words.flatMap(({ text }) => referenceIn(text, name) ?? []) : [],
  )
  const [argument] = names
  // What the build is told counts before the default.
  if (argument === undefined || names.length > 1 || dockerfile.args.has(argument)) return null
  const spans = stage.instructions.flatMap(({ keyword: word, words }) =>
    word !== 'ARG'
      ? []
      : words.flatMap(({ text, span }) => {
          const value = text.startsWith(`${argument}=`) ? text.slice(argument.length + 1) : null
          return value === null || !ports.has(value)
            ? []
            : [{ name: argument, start: span.start + argument.length + 1, end: span.end }]
        }),
  )
  const [span] = spans
  return span === undefined || spans.length > 1 ? null : span
}

/** `PORT=$P`, `PORT=${P}`. */
function referenceIn(text: string, name: string): string | null {
  if (!text.startsWith(`${name}=`)) return null
  const found = /^"?\$(?:\{(\w+)\}|(\w+))"?$/.exec(text.slice(name.length + 1))
  return found?.[1] ?? found?.[2] ?? null
}

/** What makes a shell form say `after`: only the words that differ, so that line breaks and spacing stay. */
export function changedWords({ text, pieces, rest }: Instruction, after: string): readonly Edit[] {
  const before = [...text.matchAll(/\S+/g)]
  const words = after.match(/\S+/g) ?? []
  if (before.length !== words.length) return [{ ...rest, text: after }]
  return before.flatMap(({ index, 0: word }, nth) => {
    const changed = words[nth] ?? word
    return changed === word ? [] : [{ ...sourceSpan(pieces, index, index + word.length), text: changed }]
  })
}
