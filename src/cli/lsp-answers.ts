import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
  DiagnosticSeverity,
  type Range,
  type WorkspaceEdit,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { TargetOutcome } from '../app/task.ts'
import { visible, visibleLine } from '../borders/terminal.ts'
import { choicesOf, withNeeds } from '../report/changes.ts'
import { lineEdits } from '../report/diff.ts'
import { type LocatedFinding, locatedFailures, locatedFindings, messageOf } from '../report/located.ts'
import { homepage } from '../report/report.ts'
import { ruleUri } from '../report/rule-pages.ts'
import { counted } from '../report/summary.ts'
import type { TextChange } from '../repository/files.ts'
import { changedTexts } from './review.ts'
import { rendering } from './show.ts'

/** What was found in one version of a document. */
export interface Looked {
  readonly document: TextDocument
  readonly outcome: TargetOutcome
}

export const FIX_ALL = `${CodeActionKind.SourceFixAll}.harden-image`

interface Shown {
  readonly diagnostic: Diagnostic
  /** Null where the work on it has failed. */
  readonly finding: LocatedFinding['finding'] | null
}

const SEVERITIES = {
  todo: DiagnosticSeverity.Warning,
  fixed: DiagnosticSeverity.Information,
  offered: DiagnosticSeverity.Information,
  question: DiagnosticSeverity.Hint,
} as const

/** What is told of a document: its failure, or its findings but for notes, at the first line of each. */
export function diagnosticsOf({ document, outcome }: Looked, cwd: string): readonly Shown[] {
  const shown = rendering(outcome, cwd)
  const { path, fromRoot = path } = shown
  const lines = document.getText().split(/\r?\n/)
  const rangeAt = ({ startLine, startColumn, endLine, endColumn }: LocatedFinding['region']): Range => {
    const line = Math.min(startLine, lines.length) - 1
    const end = lines[line]?.length ?? 0
    const character = Math.min(startColumn - 1, end)
    return {
      start: { line, character },
      end: { line, character: endLine === startLine ? Math.min((endColumn ?? end + 1) - 1, end) : end },
    }
  }
  const top = { startLine: 1, startColumn: 1, endLine: 1 }
  const failures = locatedFailures([shown]).map(({ error, location }): Shown => {
    const message = told(error.message, error.hint)
    const range = rangeAt(location?.region ?? top)
    return { finding: null, diagnostic: { range, severity: DiagnosticSeverity.Error, source: 'harden-image', message } }
  })
  const findings = locatedFindings([shown]).flatMap((located): readonly Shown[] => {
    const { finding, region } = located
    const { outcome: is, transform, hint, file } = finding
    if (is === 'note') return []
    const isHere = located.path === fromRoot
    const message = told(messageOf(located, { colour: false }), hint)
    const href = ruleUri(transform, homepage)
    const place = { line: region.startLine - 1, character: region.startColumn - 1 }
    const diagnostic: Diagnostic = {
      range: rangeAt(isHere ? region : top),
      severity: SEVERITIES[is],
      code: transform,
      ...(href === null ? {} : { codeDescription: { href } }),
      source: 'harden-image',
      message,
      ...(isHere || file === undefined
        ? {}
        : {
            relatedInformation: [
              { location: { uri: uriOf(resolve(cwd, file)), range: { start: place, end: place } }, message: 'here' },
            ],
          }),
    }
    return [{ diagnostic, finding }]
  })
  return [...failures, ...findings]
}

/** A text of a stranger may be in it, and some editors are terminals. */
function told(message: string, hint: string | undefined): string {
  return visible(hint === undefined ? message : `${message}\ndo: ${hint}`)
}

export interface Client {
  readonly cwd: string
  /** Whether an edit may say of which version of a document it is. */
  readonly takesVersions: boolean
}

/** Each change by itself where it is told in the range that was asked for, and all of them: what `-w` would write. */
export function actionsOf(
  looked: Looked,
  { range, context: { only } }: CodeActionParams,
  client: Client,
): CodeAction[] {
  const { outcome } = looked
  const choices = choicesOf(rendering(outcome, client.cwd))
  const isAsked = (kind: string): boolean =>
    only === undefined || only.some((asked) => asked === '' || kind === asked || kind.startsWith(`${asked}.`))
  const editOf = (chosen: readonly number[]): WorkspaceEdit =>
    workspaceEdit(looked, changedTexts(outcome, chosen, client.cwd), client)
  const inRange = diagnosticsOf(looked, client.cwd).filter(
    ({ diagnostic: { range: own } }) => own.start.line <= range.end.line && range.start.line <= own.end.line,
  )
  const quick = choices.flatMap((choice, index): CodeAction[] => {
    const { transform, line, message } = choice.finding
    // Those of several files are one choice, and any of their findings leads to it.
    const about = inRange.filter(({ finding }) =>
      outcome.files === undefined
        ? finding?.transform === transform && finding.line === line && finding.message === message
        : finding?.outcome === 'fixed',
    )
    if (about.length === 0) return []
    // Without what prepares it, it would be another container than was planned.
    const chosen = withNeeds({ all: choices }, [index, ...choice.preparedBy])
    const others = chosen.length - 1
    const along = others === 0 ? '' : ` (with ${counted(others, 'change')} that it needs)`
    return [
      {
        title: `${outcome.files === undefined ? 'Apply' : 'Apply all changes'}: ${visibleLine(message)}${along}`,
        kind: CodeActionKind.QuickFix,
        diagnostics: about.map(({ diagnostic }) => diagnostic),
        edit: editOf(chosen),
      },
    ]
  })
  const all = { title: 'Apply all changes of harden-image', kind: FIX_ALL }
  return [
    ...(isAsked(CodeActionKind.QuickFix) ? quick : []),
    ...(choices.length > 0 && isAsked(FIX_ALL) ? [{ ...all, edit: editOf([...choices.keys()]) }] : []),
  ]
}

/** A document that changes meanwhile is not edited; of files that are not open what is on disk counts. */
function workspaceEdit(
  { document }: Looked,
  texts: readonly Pick<TextChange, 'path' | 'before' | 'after'>[],
  { takesVersions }: Client,
): WorkspaceEdit {
  const own = fileURLToPath(document.uri)
  const edits = texts.map(({ path, before: known, after }) => {
    const before = known ?? ''
    const isOwn = path === own
    const text = isOwn ? document : TextDocument.create(uriOf(path), '', 0, before)
    return {
      textDocument: { uri: text.uri, version: isOwn ? document.version : null },
      edits: lineEdits(before, after).map(({ start, end, text: newText }) => ({
        range: { start: text.positionAt(start), end: text.positionAt(end) },
        newText,
      })),
    }
  })
  return takesVersions
    ? { documentChanges: edits }
    : { changes: Object.fromEntries(edits.map(({ textDocument, edits: own }) => [textDocument.uri, own])) }
}

function uriOf(path: string): string {
  return pathToFileURL(path).href
}
