import { HardenError } from '../../errors.ts'
import type { Answer } from '../answer.ts'
import { DOCKERFILE, type PlaygroundInput, packed, pathProblem, unpacked } from '../input.ts'
import { asker } from './ask.ts'
import { editorIn } from './editor.ts'
import { answerParts, button, element, verdictParts } from './show.ts'

interface Example extends PlaygroundInput {
  readonly name: string
}

function byId<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
  return found
}

const tabs = byId('tabs', HTMLElement)
const panel = byId('editor', HTMLElement)
const form = byId('name', HTMLFormElement)
const path = byId('path', HTMLInputElement)
const problem = byId('problem', HTMLElement)
const verdict = byId('verdict', HTMLElement)
const results = byId('results', HTMLElement)
const said = byId('said', HTMLElement)
const linkSaid = byId('link-said', HTMLElement)
const choice = byId('example', HTMLSelectElement)
const [renaming, removing] = [byId('rename', HTMLButtonElement), byId('remove', HTMLButtonElement)]

const examples: readonly Example[] = JSON.parse(byId('examples', HTMLElement).textContent ?? '[]')

// What is worked on: texts by path in the order of their tabs, the Dockerfile first.

let texts = new Map<string, string>([[DOCKERFILE, '']])
let open = DOCKERFILE
const platform = { shown: 'docker' }

function input(): PlaygroundInput {
  const [[, dockerfile] = ['', ''], ...files] = texts
  return { dockerfile, files }
}

const ask = asker(byId('worker', HTMLElement).textContent ?? '', {
  answered: show,
  told: (message) => {
    said.textContent = message
  },
})

function show(answer: Answer): void {
  performance.mark('answer')
  const told = element('div', { class: 'told' }, ...verdictParts(answer))
  // A screen reader is told again only what is new.
  if (verdict.firstElementChild?.isEqualNode(told) !== true) verdict.replaceChildren(told)
  const focused = document.activeElement instanceof HTMLElement && results.contains(document.activeElement)
  results.replaceChildren(...answerParts(answer, platform, { goTo, copy }))
  if (focused) results.focus()
}

let pause = 0
const editor = editorIn(panel, (text) => {
  texts.set(open, text)
  choice.value = ''
  if (location.hash !== '') history.replaceState(null, '', ownAddress())
  linkSaid.textContent = ''
  clearTimeout(pause)
  pause = setTimeout(() => ask(input()), PAUSE)
})

/** Milliseconds without a key after which it is asked: as fast as it seems to be at once, and not for each letter. */
const PAUSE = 120

function load({ dockerfile, files }: PlaygroundInput): void {
  for (const known of texts.keys()) editor.forget(known)
  texts = new Map([[DOCKERFILE, dockerfile], ...files])
  openFile(DOCKERFILE)
  ask(input())
}

// Tabs: arrows go from one to the next, F2 renames, Delete removes.

function openFile(name: string): void {
  open = name
  editor.open(name, texts.get(name) ?? '')
  const isOwn = name === DOCKERFILE
  renaming.disabled = isOwn
  removing.disabled = isOwn
  const names = [...texts.keys()]
  tabs.replaceChildren(
    ...names.map((each, index) => {
      const isOpen = each === name
      const attributes = { role: 'tab', id: `tab-${index}`, 'aria-controls': 'editor', 'aria-selected': String(isOpen) }
      return button(each, () => openFile(each), { ...attributes, tabindex: isOpen ? '0' : '-1' })
    }),
  )
  panel.setAttribute('aria-labelledby', `tab-${names.indexOf(name)}`)
  tabAt(names.indexOf(name))?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

function tabAt(index: number): HTMLElement | undefined {
  return [...tabs.querySelectorAll('button')].at(index)
}

function focusOpen(): void {
  tabAt([...texts.keys()].indexOf(open))?.focus()
}

tabs.addEventListener('keydown', (event) => {
  const names = [...texts.keys()]
  const at = names.indexOf(open)
  const to = { ArrowRight: (at + 1) % names.length, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key]
  if (to !== undefined) {
    openFile(names.at(to) ?? open)
    focusOpen()
  } else if (event.key === 'Delete' && open !== DOCKERFILE) remove()
  else if (event.key === 'F2' && open !== DOCKERFILE) startNaming(open)
  else return
  event.preventDefault()
})

function goTo(file: string, line: number): void {
  openFile(texts.has(file) ? file : DOCKERFILE)
  editor.goTo(line)
}

// Adding, renaming and removing a file.

/** The file that is being renamed; null for a new one. */
let naming: string | null = null

function startNaming(name: string | null): void {
  naming = name
  path.value = name ?? ''
  problem.textContent = ''
  path.removeAttribute('aria-invalid')
  byId('name-submit', HTMLButtonElement).textContent = name === null ? 'Add' : 'Rename'
  form.hidden = false
  path.select()
  path.focus()
}

function endNaming(): void {
  form.hidden = true
  focusOpen()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const name = path.value.trim()
  const others = [...texts.keys()].filter((each) => each !== DOCKERFILE && each !== naming)
  const wrong = pathProblem(name, others)
  problem.textContent = wrong ?? ''
  path.toggleAttribute('aria-invalid', wrong !== null)
  if (wrong !== null) return path.focus()
  if (naming === null) texts.set(name, '')
  else {
    const from = naming
    editor.rename(from, name)
    texts = new Map([...texts].map(([each, text]) => [each === from ? name : each, text]))
  }
  form.hidden = true
  openFile(name)
  editor.focus()
  ask(input())
})
form.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') endNaming()
})

function remove(): void {
  const names = [...texts.keys()]
  const before = names[names.indexOf(open) - 1] ?? DOCKERFILE
  texts.delete(open)
  editor.forget(open)
  openFile(before)
  focusOpen()
  ask(input())
}

byId('add', HTMLButtonElement).addEventListener('click', () => startNaming(null))
byId('cancel', HTMLButtonElement).addEventListener('click', endNaming)
renaming.addEventListener('click', () => startNaming(open))
removing.addEventListener('click', remove)

// Examples and links.

choice.append(...examples.map(({ name }, index) => element('option', { value: String(index) }, name)))
choice.addEventListener('change', () => {
  const example = examples[Number(choice.value)]
  linkSaid.textContent = ''
  if (example !== undefined) load(example)
})

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    linkSaid.textContent = what
  } catch {
    linkSaid.textContent = 'the browser does not let this page copy'
  }
}

byId('link', HTMLButtonElement).addEventListener('click', async () => {
  try {
    const link = `${ownAddress()}#${await packed(input())}`
    history.replaceState(null, '', link)
    await copy(link, 'the link is copied, and stands in the address bar: it carries your texts')
  } catch (thrown) {
    linkSaid.textContent = thrown instanceof HardenError ? `${thrown.message}: ${thrown.hint}` : String(thrown)
  }
})

/** Without what it carries. */
function ownAddress(): string {
  return location.href.split('#', 1).join('')
}

/** Shows what the address carries; false where it carries nothing that can be read. */
async function loadAddress(): Promise<boolean> {
  const fragment = location.hash.slice(1)
  if (fragment === '') return false
  try {
    load(await unpacked(fragment))
    choice.value = ''
    return true
  } catch (thrown) {
    linkSaid.textContent = thrown instanceof HardenError ? thrown.message : String(thrown)
    return false
  }
}

addEventListener('hashchange', loadAddress)
void loadAddress().then((isLoaded) => {
  const [first] = examples
  if (isLoaded || first === undefined) return
  load(first)
  choice.value = '0'
})
