import { shellWord } from '../../src/borders/dockerfile.ts'
import type { Dockerfile, Stage } from '../../src/dockerfile/model.ts'
import { isInside } from '../../src/places.ts'
import type { LinePlace } from '../edits/placement.ts'
import { stepsOf } from './steps.ts'

/** A path as a word of a RUN. */
export type PathWord = (path: string) => string

/**
 * How a RUN at a place says a path: by the variable of the stage that holds it, or that holds a folder above it where the file
 * itself goes on from that one (`$APP_HOME/logs`); else as it is.
 */
export function pathWords(dockerfile: Dockerfile, stage: Stage, { offset }: LinePlace): PathWord {
  const above = stage.instructions.filter(({ lines }) => lines.end <= offset)
  const declared = above.flatMap(({ keyword, words }) =>
    keyword === 'ENV' || keyword === 'ARG' ? words.flatMap(({ text }) => /^\w+/.exec(text)?.[0] ?? []) : [],
  )
  if (declared.length === 0) return shellWord
  const steps = stepsOf(dockerfile, stage)
  const next = steps.find(({ instruction }) => instruction.lines.start >= offset) ?? steps.at(-1)
  const values = next?.environment.values
  const folders = [...new Set(declared)].flatMap((name) => {
    const value = values?.get(name) ?? ''
    const used = new RegExp(String.raw`\$(?:${name}\b|\{${name}\})(/\w)?`, 'g')
    const uses = [...dockerfile.source.matchAll(used)]
    const isBare = uses.some(([use]) => !use.startsWith('${'))
    const named = isBare || uses.length === 0 ? `$${name}` : `\${${name}}`
    return PLAIN.test(value) ? [{ value, named, goesOn: uses.some(([, below]) => below !== undefined) }] : []
  })
  return (path) => {
    const same = folders.find(({ value }) => value === path)
    const [closest] = folders
      .filter(({ value, goesOn }) => goesOn && isInside(path, value) && PLAIN.test(path))
      .sort((a, b) => b.value.length - a.value.length)
    if (same !== undefined) return `"${same.named}"`
    return closest === undefined ? shellWord(path) : `"${closest.named}${path.slice(closest.value.length)}"`
  }
}

/** A path that is the same in double quotes, with no end that a longer one would double. */
const PLAIN = /^(?:\/[\w.@%+=:,-]+)+$/
