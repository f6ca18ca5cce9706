import { basename } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  CodeActionKind,
  CodeActionTriggerKind,
  createConnection,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { failed, run } from '../app/run.ts'
import type { TargetOutcome } from '../app/task.ts'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { limiterFor } from '../proof/container/limiter.ts'
import { version } from '../report/report.ts'
import { discover } from '../repository/discover.ts'
import { decode } from '../repository/files.ts'
import { isDockerfileName } from '../repository/walk.ts'
import { type Io, stackOf, tellBug } from './io.ts'
import { actionsOf, diagnosticsOf, FIX_ALL, type Looked } from './lsp-answers.ts'
import type { Interruption } from './main.ts'
import { optionsFrom } from './options.ts'
import { type Lsp, usage } from './request.ts'
import { fromHere } from './show.ts'
import type { Services } from './work.ts'

/** The last look at a document; what began later ends it. */
interface Look {
  readonly version: number
  /** Null where a later one took its place, or nothing of it is a Dockerfile's. */
  readonly looked: Promise<Looked | null>
  end(): void
}

// Work on one text leaves little time for what the editor says next, so what it says at once is heard first.
const HEARD_MS = 50

/**
 * The verb `lsp`: serves one editor on stdin and stdout until that says `exit` or goes away, which ends the process: exit code 0 after
 * `shutdown`, else 1. What an editor has open is looked at when it is opened and saved, as `--offline --engine none` does it, and
 * nothing is written: the editor makes the changes. Source: Language Server Protocol 3.17. Throws HardenError `bad-usage` on a terminal.
 */
export async function lsp(
  { work }: Lsp,
  io: Io,
  load: () => Promise<Services>,
  { signal, onCleanUp }: Interruption,
): Promise<0> {
  if (io.stdin.isTTY === true)
    throw usage(
      'lsp speaks with an editor, and stdin is a terminal',
      'docs/how-to/editors.md says how an editor starts it',
    )
  const connection = createConnection(Readable.from(io.stdin), written(io.stdout))
  const documents = new TextDocuments(TextDocument)
  const looks = new Map<string, Look>()
  // Many may be opened at once.
  const limiter = limiterFor(1)
  let takesVersions = false

  const lookAt = async (document: TextDocument, path: string, superseded: AbortSignal): Promise<Looked | null> => {
    const ended = AbortSignal.any([superseded, signal, AbortSignal.timeout(bounds.editorMs)])
    const target = fromHere(path, io.cwd)
    const outcome = await outcomeOf(path, document.getText(), ended).catch((error: unknown) =>
      failed({ target, kind: 'dockerfile' }, path, error),
    )
    if (superseded.aborted || signal.aborted || outcome === null) return null
    if (!ended.aborted) return { document, outcome }
    const late = `${target} was not read to its end: it took longer than ${bounds.editorMs / 1000} seconds`
    const error = new HardenError('timeout', late, { hint: 'harden-image on the command line takes the time it needs' })
    return { document, outcome: failed({ target, kind: 'dockerfile' }, path, error) }
  }

  /** Null for what is not there, or no file. */
  const outcomeOf = async (path: string, text: string, ended: AbortSignal): Promise<TargetOutcome | null> => {
    const { processTarget, transforms } = await load()
    const request = { ...work, targets: [path], settings: { ...work.settings, engine: 'none', offline: true } } as const
    const { optionsFor, trust } = await optionsFrom(
      request,
      io,
      transforms.map(({ name }) => name),
    )
    const { found } = await discover([path], io.cwd, undefined, trust)
    const named = found
      .filter(({ kind, error }) => kind === 'dockerfile' && error === null)
      .map((one) => ({ ...one, target: fromHere(path, io.cwd) }))
    const [outcome = null] = await run(named, {
      progress: () => undefined,
      onCleanUp,
      signal: ended,
      limiter: (begin) => begin(),
      optionsFor,
      readText: ({ target }) => decode(Readable.from([text]), target),
      processTarget,
    })
    return outcome
  }

  const look = (document: TextDocument): Look | null => {
    const path = pathOf(document)
    if (path === null) return null
    const before = looks.get(document.uri)
    before?.end()
    const controller = new AbortController()
    // The document goes on changing.
    const asItIs = TextDocument.create(document.uri, document.languageId, document.version, document.getText())
    const looked = delay(HEARD_MS)
      .then(() => limiter(async () => (controller.signal.aborted ? null : lookAt(asItIs, path, controller.signal))))
      .then((done) => {
        if (done === null || controller.signal.aborted) return null
        if (done.outcome.bug !== undefined) tellBug(stackOf(done.outcome.bug), io)
        void connection.sendDiagnostics({
          uri: document.uri,
          version: asItIs.version,
          diagnostics: diagnosticsOf(done, io.cwd).map(({ diagnostic }) => diagnostic),
        })
        return done
      })
      .catch((error: unknown) => {
        // An editor is not left alone because one text is more than we understand.
        tellBug(stackOf(error), io)
        return null
      })
    const begun = { version: document.version, looked, end: () => controller.abort() }
    looks.set(document.uri, begun)
    return begun
  }

  documents.onDidOpen(({ document }) => void look(document))
  documents.onDidSave(({ document }) => void look(document))
  documents.onDidClose(({ document }) => {
    looks.get(document.uri)?.end()
    if (looks.delete(document.uri)) void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] })
  })
  connection.onInitialize(({ capabilities }) => {
    takesVersions = capabilities.workspace?.workspaceEdit?.documentChanges === true
    return {
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] },
      },
      serverInfo: { name: 'harden-image', version },
    }
  })
  connection.onCodeAction(async (params) => {
    const document = documents.get(params.textDocument.uri)
    if (document === undefined) return []
    const last = looks.get(document.uri)
    const isCurrent = last?.version === document.version
    const { only, triggerKind } = params.context
    // Editors ask by themselves at each move of the cursor; who asks for some kind, or a person, gets what is true of the text now.
    if (!isCurrent && only === undefined && triggerKind === CodeActionTriggerKind.Automatic) return []
    const looked = await (isCurrent ? last : look(document))?.looked
    return looked == null ? [] : actionsOf(looked, params, { cwd: io.cwd, takesVersions })
  })
  documents.listen(connection)
  connection.listen()
  await new Promise((end) => signal.addEventListener('abort', end, { once: true }))
  return 0
}

/** Each message is whole, and of text. */
function written(stdout: Io['stdout']): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      stdout.write(chunk.toString())
      done()
    },
  })
}

/** Null for what is no Dockerfile on this machine: a version out of git has a URI too. */
function pathOf({ uri, languageId }: TextDocument): string | null {
  try {
    const path = fileURLToPath(uri)
    return languageId === 'dockerfile' || isDockerfileName(basename(path)) ? path : null
  } catch {
    return null
  }
}
