import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import {
  bracketMatching,
  HighlightStyle,
  StreamLanguage,
  type StreamParser,
  syntaxHighlighting,
} from '@codemirror/language'
import { dockerFile } from '@codemirror/legacy-modes/mode/dockerfile'
import { go } from '@codemirror/legacy-modes/mode/go'
import { javascript, json, typescript } from '@codemirror/legacy-modes/mode/javascript'
import { nginx } from '@codemirror/legacy-modes/mode/nginx'
import { properties } from '@codemirror/legacy-modes/mode/properties'
import { python } from '@codemirror/legacy-modes/mode/python'
import { shell } from '@codemirror/legacy-modes/mode/shell'
import { yaml } from '@codemirror/legacy-modes/mode/yaml'
import { EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { nameOf } from '../../path.ts'

/** One editor for all files; each keeps its own history and selection. */
export interface Editor {
  /** Shows a file; `text`: what it begins with, where it was not shown before. */
  readonly open: (path: string, text: string) => void
  readonly forget: (path: string) => void
  readonly rename: (from: string, to: string) => void
  readonly focus: () => void
  /** Puts the cursor into a line of the file that is shown. */
  readonly goTo: (line: number) => void
}

/** `changed`: a person has typed into the file that is shown. */
export function editorIn(host: HTMLElement, changed: (text: string) => void): Editor {
  // In a shadow root CodeMirror adopts its style sheets, which the policy of the page need not allow for.
  const root = host.attachShadow({ mode: 'open' })
  const view = new EditorView({ parent: root, root })
  const states = new Map<string, EditorState>()
  let shown: string | null = null
  const stateOf = (path: string, text: string): EditorState =>
    EditorState.create({
      doc: text,
      extensions: [
        look,
        languageOf(path, text),
        // Tab is left to the browser: it leads out of the editor.
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          'aria-label': path,
          tabindex: '0',
          autocapitalize: 'off',
          autocorrect: 'off',
          spellcheck: 'false',
        }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) changed(state.doc.toString())
        }),
      ],
    })
  return {
    open(path, text) {
      if (shown !== null && states.has(shown)) states.set(shown, view.state)
      const state = states.get(path) ?? stateOf(path, text)
      states.set(path, state)
      shown = path
      view.setState(state)
    },
    forget: (path) => void states.delete(path),
    rename(from, to) {
      const text = (from === shown ? view.state : states.get(from))?.doc.toString()
      states.delete(from)
      if (text !== undefined) states.set(to, stateOf(to, text))
      if (from === shown) shown = null
    },
    focus: () => view.focus(),
    goTo(line) {
      const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines))
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
      view.focus()
    },
  }
}

/** By the ending of a name, or the name itself where it has none. */
const LANGUAGES: ReadonlyMap<string, StreamParser<unknown>> = new Map<string, StreamParser<unknown>>([
  ['Dockerfile', dockerFile],
  ...of(shell, 'sh', 'bash'),
  ...of(python, 'py'),
  ...of(javascript, 'js', 'mjs', 'cjs', 'jsx'),
  ...of(typescript, 'ts', 'mts', 'cts', 'tsx'),
  ...of(go, 'go'),
  ...of(json, 'json'),
  ...of(yaml, 'yaml', 'yml'),
  ...of(nginx, 'conf', 'template'),
  ...of(properties, 'ini', 'cfg', 'env', 'properties', 'toml'),
])

function of<Parser>(parser: Parser, ...endings: readonly string[]): readonly (readonly [string, Parser])[] {
  return endings.map((ending) => [ending, parser])
}

function languageOf(path: string, text: string): Extension {
  const known = LANGUAGES.get(nameOf(path).split('.').at(-1) ?? '') ?? (text.startsWith('#!') ? shell : null)
  return known === null ? [] : StreamLanguage.define(known)
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--code-string)' },
  { tag: [tags.comment, tags.meta], color: 'var(--code-comment)' },
  { tag: [tags.number, tags.bool, tags.atom, tags.null], color: 'var(--code-number)' },
  {
    tag: [tags.definition(tags.variableName), tags.propertyName, tags.attributeName, tags.typeName],
    color: 'var(--code-name)',
  },
])

const look: Extension = [
  lineNumbers(),
  highlightActiveLine(),
  drawSelection(),
  history(),
  bracketMatching(),
  EditorView.lineWrapping,
  syntaxHighlighting(colours),
  EditorView.theme({
    '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--back)' },
    '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
    '.cm-scroller': { font: 'var(--code-font)', overflow: 'auto' },
    '.cm-content': { padding: '.75rem 0', caretColor: 'var(--text)' },
    '.cm-line': { padding: '0 1rem 0 .5rem' },
    '.cm-gutters': { color: 'var(--quiet)', backgroundColor: 'var(--back)', border: '0', paddingLeft: '.5rem' },
    '.cm-activeLine': { backgroundColor: 'transparent' },
    '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--active)' },
    '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
    '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
      backgroundColor: 'var(--selected)',
    },
    '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selected)' },
  }),
]
