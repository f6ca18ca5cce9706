// The built program as an editor has it: a client of the protocol on its stdin and stdout, and nothing else in between.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  type CodeAction,
  CodeActionTriggerKind,
  createMessageConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentEdit,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { tree } from '../repository/tree.ts'

const program = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')
const BEFORE = `FROM debian:trixie-slim
WORKDIR /app
COPY . .
EXPOSE 3000
CMD ["./server"]
`
const NGINX = 'FROM nginx:1.27\nCOPY default.conf /etc/nginx/conf.d/default.conf\n'
const DEFAULT_CONF = 'server {\n  listen 80;\n  root /srv;\n}\n'
const EVERYWHERE = { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } }
const FIX_ALL = 'source.fixAll.harden-image'

interface Editor {
  readonly answer: { readonly capabilities: unknown }
  open(name: string, text: string, version?: number): void
  change(name: string, text: string, version: number): void
  save(name: string): void
  /** The next of this file, whatever it is. */
  shown(name: string): Promise<PublishDiagnosticsParams>
  actions(name: string, context?: object, range?: object): Promise<readonly CodeAction[]>
  notify(method: string, params: unknown): void
  raw(bytes: string): void
  /** Of all files, by version, as they came. */
  readonly published: readonly PublishDiagnosticsParams[]
  /** Ends it as editors do; gives its exit code, and what it has written. */
  close(
    how?: 'shutdown' | 'exit' | 'end',
  ): Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: string }>
}

const running = new Set<{ kill(): unknown }>()
afterEach(() => {
  for (const one of running) one.kill()
  running.clear()
})

async function editor(cwd: string, documentChanges = true): Promise<Editor> {
  const server = spawn(process.execPath, [program, 'lsp', '--stdio'], { cwd, stdio: 'pipe' })
  running.add(server)
  const stdout: Buffer[] = []
  let stderr = ''
  const read = new PassThrough()
  server.stdout.on('data', (part: Buffer) => stdout.push(part)).pipe(read)
  server.stderr.on('data', (part: Buffer) => {
    stderr += part.toString()
  })
  const connection = createMessageConnection(new StreamMessageReader(read), new StreamMessageWriter(server.stdin))
  const published: PublishDiagnosticsParams[] = []
  const waiting: { readonly uri: string; take(params: PublishDiagnosticsParams): void }[] = []
  const untaken: PublishDiagnosticsParams[] = []
  connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    published.push(params)
    const at = waiting.findIndex(({ uri }) => uri === params.uri)
    if (at < 0) untaken.push(params)
    else waiting.splice(at, 1)[0]?.take(params)
  })
  connection.listen()
  const notify = (method: string, params: unknown): void => void connection.sendNotification(method, params)
  const uriOf = (name: string): string => pathToFileURL(join(cwd, name)).href
  const answer = await connection.sendRequest<Editor['answer']>('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(cwd).href,
    capabilities: { workspace: { workspaceEdit: { documentChanges } } },
  })
  notify('initialized', {})
  return {
    answer,
    published,
    notify,
    open: (name, text, version = 1) =>
      notify('textDocument/didOpen', { textDocument: { uri: uriOf(name), languageId: 'dockerfile', version, text } }),
    change: (name, text, version) =>
      notify('textDocument/didChange', { textDocument: { uri: uriOf(name), version }, contentChanges: [{ text }] }),
    save: (name) => notify('textDocument/didSave', { textDocument: { uri: uriOf(name) } }),
    shown: (name) =>
      new Promise((take) => {
        const at = untaken.findIndex(({ uri }) => uri === uriOf(name))
        const [before] = at < 0 ? [] : untaken.splice(at, 1)
        if (before === undefined) waiting.push({ uri: uriOf(name), take })
        else take(before)
      }),
    actions: (name, context = {}, range = EVERYWHERE) =>
      connection.sendRequest('textDocument/codeAction', {
        textDocument: { uri: uriOf(name) },
        range,
        context: { diagnostics: [], ...context },
      }),
    raw: (bytes) => server.stdin.write(bytes),
    async close(how = 'shutdown') {
      const ended = once(server, 'close')
      if (how === 'shutdown') await connection.sendRequest('shutdown')
      if (how === 'end') server.stdin.end()
      else notify('exit', undefined)
      const [code] = await ended
      return { code, stdout: Buffer.concat(stdout), stderr }
    },
  }
}

/** The texts that the edits of an action make, by URI. */
function applied(action: CodeAction | undefined, textOf: (uri: string) => string): Readonly<Record<string, string>> {
  const changes = (action?.edit?.documentChanges ?? []) as readonly TextDocumentEdit[]
  const plain = Object.entries(action?.edit?.changes ?? {}).map(([uri, edits]) => ({ textDocument: { uri }, edits }))
  return Object.fromEntries(
    [...changes, ...plain].map(({ textDocument: { uri }, edits }) => [
      uri,
      TextDocument.applyEdits(TextDocument.create(uri, '', 0, textOf(uri)), edits as TextDocumentEdit['edits'] & []),
    ]),
  )
}

function onDisk(uri: string): string {
  return readFileSync(new URL(uri), 'utf8')
}

/** What `-w` makes of a copy of the folder. */
function writtenByCli(cwd: string): (name: string) => string {
  const copy = join(tree({}), 'copy')
  cpSync(cwd, copy, { recursive: true })
  const args = [program, '-w', '-q', '--offline', '--engine', 'none', 'Dockerfile']
  execFileSync(process.execPath, args, { cwd: copy, stdio: 'ignore' })
  return (name) => readFileSync(join(copy, name), 'utf8')
}

/** Each file below a folder with its bytes and when they were written. */
function state(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .map((path) => [path, statSync(path)] as const)
    .map(([path, stats]) => `${path} ${stats.mtimeMs} ${stats.isFile() ? readFileSync(path, 'utf8') : ''}`)
    .sort()
}

function messages({ diagnostics }: PublishDiagnosticsParams): readonly string[] {
  return diagnostics.map(({ severity, code, message }) => `${severity} ${code}: ${String(message).split('\n', 1)[0]}`)
}

describe('a Dockerfile that is opened', () => {
  test('shows its findings, and the edits of all changes are what -w writes, which only the editor does', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '' })
    const expected = writtenByCli(cwd)('Dockerfile')
    const before = state(cwd)
    const client = await editor(cwd)
    expect(client.answer.capabilities).toMatchObject({
      textDocumentSync: { openClose: true, change: 2 },
      codeActionProvider: { codeActionKinds: ['quickfix', FIX_ALL] },
    })
    client.open('Dockerfile', BEFORE)
    const shown = await client.shown('Dockerfile')
    expect(shown.version).toBe(1)
    expect(messages(shown)).toContain('3 set-user: runs as root; would run as app (10001:10001)')
    const isUser = ({ code, severity }: { code?: unknown; severity?: unknown }) => code === 'set-user' && severity === 3
    expect(shown.diagnostics.find(isUser)?.range).toEqual({
      start: { line: 4, character: 0 },
      end: { line: 4, character: 16 },
    })
    // What a run would answer is a hint.
    expect(shown.diagnostics.filter(({ severity }) => severity === 4).length).toBeGreaterThan(0)
    const actions = await client.actions('Dockerfile')
    const all = actions.find(({ kind }) => kind === FIX_ALL)
    expect(Object.values(applied(all, onDisk))).toEqual([expected])
    expect(all?.edit?.documentChanges).toMatchObject([{ textDocument: { version: 1 } }])
    expect(state(cwd)).toEqual(before)
    const { code, stderr } = await client.close()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('has one action for each change, at its line, with what it needs', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '' })
    const client = await editor(cwd)
    client.open('Dockerfile', BEFORE)
    await client.shown('Dockerfile')
    const line = { start: { line: 4, character: 3 }, end: { line: 4, character: 3 } }
    const [user, ...others] = await client.actions('Dockerfile', { only: ['quickfix'] }, line)
    expect(others).toEqual([])
    expect(user).toMatchObject({
      title: 'Apply: runs as app (10001:10001) instead of root (with 1 change that it needs)',
      diagnostics: [{ code: 'set-user' }],
    })
    const [text = ''] = Object.values(applied(user, onDisk))
    expect(text).toContain('useradd')
    expect(text).toMatch(/^USER 10001:10001\nCMD/m)
    expect(await client.actions('Dockerfile', { only: ['refactor'] })).toEqual([])
    await client.close()
  })

  test('is edited in the lines of an editor that ends them otherwise, or knows no versions', async () => {
    const text = BEFORE.replaceAll('\n', '\r\n').replace('WORKDIR /app', 'LABEL a="🐳é"\r\nWORKDIR /app')
    const cwd = tree({ Dockerfile: text, server: '' })
    const expected = writtenByCli(cwd)('Dockerfile')
    const client = await editor(cwd, false)
    client.open('Dockerfile', text)
    await client.shown('Dockerfile')
    const [all] = await client.actions('Dockerfile', { only: ['source.fixAll'] })
    expect(all?.edit?.documentChanges).toBeUndefined()
    expect(Object.values(applied(all, onDisk))).toEqual([expected])
    await client.close()
  })

  test('is changed together with the file beside it, once git tracks that', async () => {
    const cwd = tree({ Dockerfile: NGINX, 'default.conf': DEFAULT_CONF })
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd, stdio: 'ignore' })
    git('init', '-q')
    git('add', 'Dockerfile')
    const client = await editor(cwd)
    client.open('Dockerfile', NGINX)
    await client.shown('Dockerfile')
    const filesOf = async () => {
      const [all] = await client.actions('Dockerfile', { only: [FIX_ALL] })
      return Object.entries(applied(all, onDisk)).map(([uri, text]) => [uri.split('/').at(-1), text])
    }
    expect((await filesOf()).map(([name]) => name)).toEqual(['Dockerfile'])
    git('add', '.')
    const written = writtenByCli(cwd)
    client.save('Dockerfile')
    const shown = await client.shown('Dockerfile')
    expect(await filesOf()).toEqual([
      ['Dockerfile', written('Dockerfile')],
      ['default.conf', written('default.conf')],
    ])
    // A finding of the other file is told at the top, with the place.
    const related = shown.diagnostics.flatMap(({ relatedInformation = [] }) => relatedInformation)
    expect(related.map(({ location }) => location.uri)).toContain(pathToFileURL(join(cwd, 'default.conf')).href)
    const quick = await client.actions('Dockerfile', { only: ['quickfix'] })
    expect(quick.map(({ title }) => title)).toEqual(['Apply all changes: 2 files together'])
    await client.close()
  })

  test('follows the configuration above it', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '', '.harden-image.yaml': 'user: 4242:4242\nengine: docker\n' })
    const client = await editor(cwd)
    client.open('Dockerfile', BEFORE)
    expect(messages(await client.shown('Dockerfile')).join('\n')).toContain('4242:4242')
    writeFileSync(join(cwd, '.harden-image.yaml'), 'no-such-setting: 1\n')
    client.save('Dockerfile')
    expect(messages(await client.shown('Dockerfile'))).toEqual([
      expect.stringMatching(/^1 undefined: .*no-such-setting/),
    ])
    await client.close()
  })
})

describe('a document that changes', () => {
  test('is looked at when it is saved, and edited as it is now when somebody asks', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '' })
    const client = await editor(cwd)
    client.open('Dockerfile', BEFORE)
    await client.shown('Dockerfile')
    const longer = `# syntax=docker/dockerfile:1\n${BEFORE}`
    client.change('Dockerfile', longer, 2)
    expect(await client.actions('Dockerfile', { triggerKind: CodeActionTriggerKind.Automatic })).toEqual([])
    expect(client.published).toHaveLength(1)
    const [all] = await client.actions('Dockerfile', { only: [FIX_ALL], triggerKind: CodeActionTriggerKind.Automatic })
    writeFileSync(join(cwd, 'Dockerfile'), longer)
    expect(Object.values(applied(all, () => longer))).toEqual([writtenByCli(cwd)('Dockerfile')])
    const hardened = `${longer.replace('CMD', 'USER 1000:1000\nCMD')}`
    client.change('Dockerfile', hardened, 3)
    client.save('Dockerfile')
    await client.shown('Dockerfile')
    expect(messages(await client.shown('Dockerfile')).join('\n')).not.toContain('runs as root')
    await client.close()
  })

  test('is not looked at to the end once it has changed again', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '' })
    const client = await editor(cwd)
    const uri = pathToFileURL(join(cwd, 'Dockerfile')).href
    const message = (method: string, params: object): string => {
      const body = JSON.stringify({ jsonrpc: '2.0', method: `textDocument/${method}`, params })
      return `Content-Length: ${body.length}\r\n\r\n${body}`
    }
    // All at once.
    client.raw(
      [
        message('didOpen', { textDocument: { uri, languageId: 'dockerfile', version: 1, text: BEFORE } }),
        ...[2, 3, 4].flatMap((version) => [
          message('didChange', {
            textDocument: { uri, version },
            contentChanges: [{ text: `${BEFORE}# ${version}\n` }],
          }),
          message('didSave', { textDocument: { uri } }),
        ]),
      ].join(''),
    )
    for (let last = 0; last !== 4; ) last = (await client.shown('Dockerfile')).version ?? 0
    await client.close()
    const versions = client.published.map(({ version }) => version)
    expect(versions.length).toBeLessThan(4)
  })

  test('shows nothing any more once it is closed', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '' })
    const client = await editor(cwd)
    client.open('Dockerfile', BEFORE)
    await client.shown('Dockerfile')
    client.notify('textDocument/didClose', { textDocument: { uri: pathToFileURL(join(cwd, 'Dockerfile')).href } })
    expect((await client.shown('Dockerfile')).diagnostics).toEqual([])
    expect(await client.actions('Dockerfile')).toEqual([])
    await client.close()
  })
})

describe('the server goes on', () => {
  test.each([
    ['too large', `${BEFORE}${'# '.repeat(600_000)}\n`, 'larger than 1048576 bytes'],
    ['no Dockerfile', 'apiVersion: v1\nkind: Pod\n', 'apiVersion'],
    ['full of escapes', `FROM \u001b]0;owned\u0007\u001b[31m\n${'RUN '.repeat(3)}\u0000\n`, ''],
    ['nested too deeply', `FROM debian\nRUN ${'$('.repeat(20_000)}\n`, ''],
  ])('with a text that is %s', async (_, text, said) => {
    const cwd = tree({ Dockerfile: text, 'web.Dockerfile': BEFORE, server: '' })
    const client = await editor(cwd)
    client.open('Dockerfile', text)
    const shown = await client.shown('Dockerfile')
    expect(shown.diagnostics.length).toBeGreaterThan(0)
    expect(messages(shown).join('\n')).toContain(said)
    // A terminal would obey them.
    expect(JSON.stringify(shown.diagnostics.map(({ message }) => message))).not.toMatch(/\\u001b|\\u0007|\\u0000/)
    client.open('web.Dockerfile', BEFORE)
    expect(messages(await client.shown('web.Dockerfile')).join('\n')).toContain('runs as root')
    expect((await client.close()).code).toBe(0)
  })

  test('with what is no message, or not of the protocol, and stdout carries messages alone', async () => {
    const cwd = tree({ Dockerfile: BEFORE, server: '' })
    const client = await editor(cwd)
    client.raw('Content-Length: 9\r\n\r\n{"broken"')
    client.notify('textDocument/didOpen', { textDocument: 7 })
    client.notify('textDocument/didChange', {
      textDocument: { uri: 'file:///nowhere', version: 1 },
      contentChanges: {},
    })
    client.notify('no/such', null)
    for (const uri of ['git:/Dockerfile', 'untitled:Dockerfile', 'file://%', 'file:///no/such/Dockerfile'])
      client.notify('textDocument/didOpen', {
        textDocument: { uri, languageId: 'dockerfile', version: 1, text: BEFORE },
      })
    client.open('Dockerfile', BEFORE)
    expect(messages(await client.shown('Dockerfile')).join('\n')).toContain('runs as root')
    const { code, stdout } = await client.close()
    expect(code).toBe(0)
    let rest = stdout
    while (rest.length > 0) {
      const [head = '', length = ''] = /^Content-Length: (\d+)\r\n\r\n/.exec(rest.toString('latin1')) ?? []
      expect(head).not.toBe('')
      const end = head.length + Number(length)
      expect(JSON.parse(rest.toString('utf8', head.length, end))).toMatchObject({ jsonrpc: '2.0' })
      rest = rest.subarray(end)
    }
    expect(client.published.map(({ uri }) => uri)).toEqual([pathToFileURL(join(cwd, 'Dockerfile')).href])
  })
})

test.each(['exit', 'end'] as const)('an editor that goes without a word is an error: %s', async (how) => {
  const cwd = tree({ Dockerfile: BEFORE })
  const client = await editor(cwd)
  // It has read what was said before.
  expect(await client.actions('Dockerfile')).toEqual([])
  expect((await client.close(how)).code).toBe(1)
})
