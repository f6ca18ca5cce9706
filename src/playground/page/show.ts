import type { Hunk } from '../../report/diff.ts'
import { QUESTIONS_TITLE } from '../../report/questions.ts'
import { counted } from '../../report/summary.ts'
import type { Answer, AnswerFinding } from '../answer.ts'

/** What the parts of an answer may ask of the page. */
export interface Asks {
  readonly goTo: (file: string, line: number) => void
  readonly copy: (text: string, what: string) => void
}

type Child = Node | string

/** An element with text and elements in it: nothing on this page is made of markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

export function button(
  label: string,
  does: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, label)
  made.addEventListener('click', does)
  return made
}

export function verdictParts({ verdict, headline, hint, findings, questions }: Answer): readonly Child[] {
  const todos = findings.filter(({ outcome }) => outcome === 'todo').length
  const counts = [
    ...(todos === 0 ? [] : [counted(todos, 'finding needs a decision', 'findings need a decision')]),
    ...(questions.length === 0 ? [] : [counted(questions.length, 'question for a run', 'questions for a run')]),
  ]
  return [
    element('strong', { class: `verdict ${verdict}` }, verdict),
    ...[headline, hint].filter((text) => text !== '').map((text) => element('span', { class: 'who' }, text)),
    ...(counts.length === 0 ? [] : [element('span', { class: 'quiet' }, counts.join(', '))]),
  ]
}

/** The sections below the verdict. `platform`: of the profile that is shown. */
export function answerParts(answer: Answer, platform: { shown: string }, asks: Asks): readonly Child[] {
  return [
    ...diffSection(answer, asks),
    ...findingSection(answer.findings, asks),
    ...questionSection(answer.questions),
    ...profileSection(answer.profiles, platform, asks),
  ]
}

function section(id: string, title: string, tools: readonly Child[], ...children: readonly Child[]): HTMLElement {
  const head = element('header', {}, element('h2', { id: `${id}-title` }, title), ...tools)
  return element('section', { id, 'aria-labelledby': `${id}-title` }, head, ...children)
}

function diffSection({ verdict, files, patch }: Answer, { copy }: Asks): readonly Child[] {
  if (verdict === 'failed') return []
  if (files.length === 0)
    return [section('changes', 'Changes', [], element('p', { class: 'quiet' }, 'nothing changes'))]
  const tool = button('Copy patch', () => copy(patch, 'the patch is copied: git apply takes it'))
  const parts = files.map(({ name, hunks }) =>
    element(
      'figure',
      {},
      element('figcaption', {}, name),
      element('pre', { class: 'diff', tabindex: '0', 'aria-label': `Changes of ${name}` }, ...hunks.flatMap(hunkLines)),
    ),
  )
  return [section('changes', 'Changes', [tool], ...parts)]
}

function hunkLines({ oldStart, lines }: Hunk, index: number): readonly Child[] {
  const kinds: Readonly<Record<string, 'ins' | 'del'>> = { '+': 'ins', '-': 'del' }
  const above = index === 0 && oldStart <= 1 ? [] : [element('span', { class: 'gap' }, `line ${oldStart}`)]
  // The sign is part of the text, so that the meaning is not one of colour alone.
  return [...above, ...lines.map((line) => element(kinds[line.charAt(0)] ?? 'span', {}, line === '' ? ' ' : line))]
}

function findingSection(findings: readonly AnswerFinding[], asks: Asks): readonly Child[] {
  if (findings.length === 0) return []
  const items = findings.map((finding) => element('li', {}, ...findingParts(finding, asks)))
  return [section('findings', 'Findings', [], element('ul', { class: 'findings' }, ...items))]
}

function findingParts(finding: AnswerFinding, { goTo }: Asks): readonly Child[] {
  const { word, outcome, file, line, message, transform, hint, reasons } = finding
  const place = button(`${file}:${line}`, () => goTo(file, line), { class: 'place' })
  return [
    element('p', {}, element('b', { class: `word ${outcome}` }, word), ' ', message),
    ...(hint === '' ? [] : [element('p', { class: 'hint' }, hint)]),
    element('p', { class: 'quiet' }, place, ' ', element('code', {}, transform)),
    ...(reasons.length === 0
      ? []
      : [element('ul', { class: 'reasons' }, ...reasons.map((reason) => element('li', {}, reason)))]),
  ]
}

function questionSection(questions: readonly string[]): readonly Child[] {
  if (questions.length === 0) return []
  const title = QUESTIONS_TITLE.charAt(0).toUpperCase() + QUESTIONS_TITLE.slice(1)
  const items = questions.map((question) => element('li', {}, question))
  return [section('questions', title, [], element('ul', {}, ...items))]
}

const PLATFORM_NAMES = { docker: 'Docker', compose: 'Compose', kubernetes: 'Kubernetes' } as const

function profileSection(profiles: Answer['profiles'], platform: { shown: string }, { copy }: Asks): readonly Child[] {
  if (profiles.length === 0) return []
  const text = element('pre', { class: 'text', tabindex: '0', 'aria-label': 'Run profile' })
  const command = element('figcaption', {})
  const notes = element('div', { class: 'notes' })
  const shown = (): Answer['profiles'][number] | undefined =>
    profiles.find((one) => one.platform === platform.shown) ?? profiles[0]
  const show = (): void => {
    // The notes speak of it as “the same command”.
    command.textContent = `harden-image profile Dockerfile --for ${shown()?.platform}`
    text.textContent = shown()?.text ?? ''
    notes.replaceChildren(...noteParts(shown()?.notes ?? ''))
  }
  const choices = profiles.map(({ platform: name }) => {
    const input = element('input', { type: 'radio', name: 'platform', value: name })
    input.checked = name === shown()?.platform
    input.addEventListener('change', () => {
      platform.shown = name
      show()
    })
    return element('label', {}, input, element('span', {}, PLATFORM_NAMES[name]))
  })
  show()
  const tools = [
    element('fieldset', { class: 'choice' }, element('legend', { class: 'unseen' }, 'Run profile for'), ...choices),
    button('Copy', () => copy(shown()?.text ?? '', 'the profile is copied')),
  ]
  return [section('profile', 'Run profile', tools, element('figure', {}, command, text), notes)]
}

/** Titles, and below them what is indented, as lists. */
function noteParts(text: string): readonly Child[] {
  const parts: HTMLElement[] = []
  for (const line of text.trimEnd().split('\n')) {
    const last = parts.at(-1)
    if (!line.startsWith('  ')) parts.push(element('p', {}, line))
    else if (last instanceof HTMLUListElement) last.append(element('li', {}, line.trim()))
    else parts.push(element('ul', {}, element('li', {}, line.trim())))
  }
  return parts
}
