import { sourcesOf } from '../app/grammars.ts'
import { planText } from '../app/harden-text.ts'
import type { Planned } from '../app/planner.ts'
import { profileFor } from '../app/profile.ts'
import { allVisible } from '../borders/terminal.ts'
import { contextOfTexts } from '../contents/build-context.ts'
import { parseDockerfile } from '../dockerfile/index.ts'
import { asFailure } from '../errors.ts'
import type { SourceParsers } from '../evidence/syntax.ts'
import { PROFILE_PLATFORMS, type ProfilePlatform } from '../manifests/profile.ts'
import { profileNotes } from '../manifests/profile-notes.ts'
import { renderProfile } from '../manifests/render-profile.ts'
import { defaultPolicy } from '../plan/stage-input.ts'
import { diff, type FileTexts, type Hunk, hunksOf } from '../report/diff.ts'
import { questionInWords, questionsOf, withoutQuestions } from '../report/questions.ts'
import { failedResult, type TargetResult, type Verdict } from '../report/report.ts'
import { outcomeWord, runsAs } from '../report/summary.ts'
import { errorPlace, reasonInWords, toldFindings } from '../report/text.ts'
import type { Outcome } from '../transform.ts'
import { DOCKERFILE, type PlaygroundInput } from './input.ts'

/** All that the page shows, as text, in the words of the command. */
export interface Answer {
  readonly verdict: Verdict
  /** Who it would run as, or why it could not be read; may be empty. */
  readonly headline: string
  readonly hint: string
  readonly files: readonly { readonly name: string; readonly hunks: readonly Hunk[] }[]
  /** For `git apply`; empty where nothing changes. */
  readonly patch: string
  readonly findings: readonly AnswerFinding[]
  readonly questions: readonly string[]
  /** None where nobody can say who runs. */
  readonly profiles: readonly { readonly platform: ProfilePlatform; readonly text: string; readonly notes: string }[]
}

export interface AnswerFinding {
  readonly outcome: Outcome
  /** `fix`, `todo`, … */
  readonly word: string
  /** A path of the input. */
  readonly file: string
  readonly line: number
  readonly message: string
  readonly transform: string
  readonly hint: string
  readonly reasons: readonly string[]
}

/** To the worker: a text to answer, or the bytes of a part that it has asked for. */
export type ToWorker =
  | { readonly id: number; readonly input: PlaygroundInput }
  | { readonly part: string; readonly wasm: Uint8Array }

/** `missing`: parts without which sources were not read; with them the answer is another one. */
export interface FromWorker {
  readonly id: number
  readonly answer: Answer
  readonly missing: readonly string[]
}

/** Never throws: what cannot be worked on has the verdict `failed`. */
export function answerOf(input: PlaygroundInput, parsers?: SourceParsers): Answer {
  try {
    const files = input.files.length === 0 ? {} : { files: new Map(input.files) }
    const given = { dockerfile: input.dockerfile, ...files, ...(parsers === undefined ? {} : { parsers }) }
    return shown(input, planText(given, { editsFiles: true }))
  } catch (thrown) {
    const { error = { message: '', hint: '' } } = failedResult(DOCKERFILE, 'dockerfile', asFailure(thrown))
    return {
      verdict: 'failed',
      headline: errorPlace(error) + error.message,
      hint: error.hint ?? '',
      files: [],
      patch: '',
      findings: [],
      questions: [],
      profiles: [],
    }
  }
}

/** What may have to be parsed, as `loadGrammars` takes it. */
export function sourcesIn({ dockerfile, files }: PlaygroundInput): readonly (readonly [path: string, text: string])[] {
  try {
    return [...sourcesOf(parseDockerfile(dockerfile), contextOfTexts(new Map(files)), [])]
  } catch {
    // The answer says what is wrong with it.
    return []
  }
}

function shown({ dockerfile }: PlaygroundInput, planned: Planned): Answer {
  const result = allVisible(planned.result)
  const own: FileTexts = { name: DOCKERFILE, before: dockerfile, after: planned.result.output }
  const files = [own, ...planned.files].filter(({ before, after }) => before !== after)
  const rendering = { result, source: dockerfile, path: DOCKERFILE, files }
  return {
    verdict: result.verdict,
    headline: runsAs(rendering),
    hint: '',
    files: files.map(({ name, before, after }) => ({ name, hunks: hunksOf(before ?? '', after) })),
    patch: diff.render([rendering], { colour: false }),
    findings: findingsOf(result),
    questions: questionsOf(result).map(questionInWords),
    profiles: profilesOf(dockerfile, planned),
  }
}

function findingsOf({ findings }: TargetResult): readonly AnswerFinding[] {
  return toldFindings(withoutQuestions(findings)).map(
    ({ outcome, file = DOCKERFILE, line, message, transform, hint = '', evidence }) => ({
      outcome,
      word: outcomeWord(outcome, false),
      file,
      line,
      message,
      transform,
      hint,
      reasons: evidence.map(reasonInWords),
    }),
  )
}

/** Where it would lie, which the profile names its image by. */
const PLACE = `/app/${DOCKERFILE}`

function profilesOf(text: string, planned: Planned): Answer['profiles'] {
  const item = { kind: 'dockerfile', path: PLACE, reference: null, text } as const
  const profile = profileFor(item, planned, { kind: 'profile', tag: null }, [], defaultPolicy)
  if (profile === null) return []
  return PROFILE_PLATFORMS.map((platform) => {
    const { text, notes } = renderProfile(profile, platform, { build: '.' })
    return { platform, text, notes: profileNotes(profile, planned.result, false, notes) }
  })
}
