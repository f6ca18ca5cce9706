import { dirname, extname, join, relative } from 'node:path'
import { bounds } from '../bounds.ts'
import { entriesIn, textIn } from '../files-in.ts'
import type { LearnedRequest, LearnedRequests } from '../smoke-check.ts'
import { isOfOwnHand, repositoryOf } from './repository.ts'
import { holdsHome } from './trust.ts'
import { neverEntered } from './walk.ts'

/** Deeper folders hold examples and tests more often than an application's routes. */
const DEEPEST = 6
const NOT_ENTERED =
  /^(\.(?!github$|gitlab-ci)|node_modules$|vendor$|venv$|target$|dist$|build$|tests?$|__tests__$|spec$|examples?$|fixtures$|__pycache__$|bower_components$)/
const SAYS_CURL = /^(README|INSTALL|USAGE)|\.md$/i
const SAYS_HEALTH =
  /^(Dockerfile|Containerfile|(docker-)?compose|Makefile|justfile|\.gitlab-ci)|\.(ya?ml|sh|bash)$|\.Dockerfile$/i
const DESCRIBES = /^(openapi|swagger)[\w.-]{0,40}\.(json|ya?ml)$/i

/**
 * Requests that the files around a Dockerfile (absolute path) show or declare: what people are told to ask of it, and what its sources
 * say that it answers. Only what reads, and what a README's own curl line sends: it is asked of containers that are made for it.
 */
export function learnedRequests(path: string, context: string | null, top: string): LearnedRequests {
  const folder = dirname(path)
  const root = context ?? folder
  const folders = [...new Set([folder, root, ...(holdsHome(top) ? [] : [top])])]
  const shown: LearnedRequest[] = []
  for (const place of folders)
    for (const name of filesIn(place, place, folder)) {
      if (!SAYS_CURL.test(name) && !SAYS_HEALTH.test(name)) continue
      const text = textIn(place, join(place, name)) ?? ''
      const by = relative(root, join(place, name)) || name
      shown.push(...(SAYS_CURL.test(name) ? curlLines(text, by) : urlLines(text, by)))
    }
  const actions = join(top, '.github', 'workflows')
  for (const name of filesIn(top, actions, folder))
    shown.push(...urlLines(textIn(top, join(actions, name)) ?? '', `workflow ${name}`))
  const declared = sourcesBelow(root, folder).flatMap((file) => {
    const text = textIn(root, file) ?? ''
    const by = relative(root, file)
    return DESCRIBES.test(by.slice(by.lastIndexOf('/') + 1)) ? describedRoutes(text, by) : routesIn(text, by)
  })
  const all = distinct([...shown, ...declared])
  return {
    asked: all.filter((one) => isHarmless(one, shown)).slice(0, bounds.learnedRequests),
    declared: distinct(declared).map(nameOfRequest),
  }
}

function nameOfRequest({ method, path }: Pick<LearnedRequest, 'method' | 'path'>): string {
  return `${method} ${path}`
}

/** A GET that by its name changes something, ends the program or takes long is not asked. */
const HARMFUL =
  /log-?out|sign-?out|delete|remove|destroy|shut-?down|stop|kill|quit|exit|restart|reboot|reset|drop|purge|flush|clear|debug\/|pprof|profile|stream|events|subscribe|sse\b|ws\b|websocket|callback|oauth/i

function isHarmless(request: LearnedRequest, shown: readonly LearnedRequest[]): boolean {
  const { method, path } = request
  // A part that only the caller knows: /users/{id}, /users/:id, /users/<id>.
  if (!path.startsWith('/') || /[{}<>*$\s]|\/:|\.\.\.|\(/.test(path) || HARMFUL.test(path)) return false
  return method === 'GET' || method === 'HEAD' || (method === 'POST' && shown.includes(request))
}

function distinct(requests: readonly LearnedRequest[]): readonly LearnedRequest[] {
  const found = new Map<string, LearnedRequest>()
  for (const one of requests) {
    const name = nameOfRequest(one)
    if (!found.has(name)) found.set(name, one)
  }
  return [...found.values()]
}

function filesIn(root: string, place: string, own: string): readonly string[] {
  return entriesIn(root, place)
    .filter((entry) => entry.isFile() && (place === own || isOfOwnHand(join(place, entry.name), own)))
    .map(({ name }) => name)
    .slice(0, bounds.surveyedFiles)
}

const SOURCES = new Set(['.py', '.js', '.mjs', '.cjs', '.ts', '.go', '.java', '.kt', '.rb', '.php', '.cs'])

/** Sources of an application, nearest first. */
function sourcesBelow(root: string, own: string): readonly string[] {
  if (holdsHome(root)) return []
  const found: string[] = []
  let level = [root]
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth += 1) {
    const next: string[] = []
    for (const folder of level)
      for (const entry of entriesIn(root, folder)) {
        if (found.length >= bounds.routeFiles) return found
        const path = join(folder, entry.name)
        if (entry.isDirectory()) {
          if (!NOT_ENTERED.test(entry.name) && !neverEntered.has(entry.name) && next.length < bounds.routeFiles)
            next.push(path)
        } else if (entry.isFile() && isSource(entry.name) && (repositoryOf(root) !== null || isOfOwnHand(path, own)))
          found.push(path)
      }
    level = next.sort()
  }
  return found
}

function isSource(name: string): boolean {
  return DESCRIBES.test(name) || (SOURCES.has(extname(name)) && !/\b(test|spec)\b|_test\./.test(name))
}

const HERE = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(\d{1,5}))?(\/[^\s"'`]*)?$/

/** What the curl lines of a text ask of this machine, with what they send. */
export function curlLines(text: string, by: string): readonly LearnedRequest[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const at = /(?:^|[\s$>`|(])curl\s/.exec(line)
      if (at === null || line.length > bounds.logLine) return []
      const request = requestOf(wordsOf(line.slice(at.index + at[0].length)), by)
      return request === null ? [] : [request]
    })
}

/** Without quotes, up to what ends a command. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = []
  for (const [word, single, double, plain] of text.matchAll(
    /(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s'"|;&`]+)|[|;&`])/g,
  )) {
    if (/^[|;&`]$/.test(word)) break
    words.push(single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? plain ?? '')
  }
  return words
}

const WITH_VALUE =
  /^(-[XdHuoAbceFTmwx]|--(request|data\w*|data-\w+|json|header|user|output|max-time|retry\w*|form\w*))$/

function requestOf(words: readonly string[], by: string): LearnedRequest | null {
  let method: string | null = null
  let url: string | null = null
  const data: string[] = []
  const headers: [string, string][] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const value = words[at + 1] ?? ''
    if (!word.startsWith('-')) {
      if (HERE.test(word)) url = word
      continue
    }
    const joined = /^-(X)([A-Z]+)$/.exec(word)
    if (joined !== null) method = joined[2] ?? null
    if (word === '--head' || (/^-[a-zA-Z]+$/.test(word) && word.includes('I'))) method = 'HEAD'
    if (!WITH_VALUE.test(word)) continue
    at += 1
    if (/^(-X|--request)$/.test(word)) method = value
    // A file, a form or a variable of whoever reads it.
    if (/^(-F|--form|-T)/.test(word) || (/^(-d|--data|--json)/.test(word) && value.startsWith('@'))) return null
    if (/^(-d|--data|--json)/.test(word)) data.push(value)
    if (word === '--json') headers.push(['content-type', 'application/json'])
    if (/^(-u|--user)$/.test(word)) headers.push(['authorization', `Basic ${Buffer.from(value).toString('base64')}`])
    const [, name, content] = /^(-H|--header)$/.test(word) ? (/^([\w-]{1,60}):\s?(.*)$/.exec(value) ?? []) : []
    if (name !== undefined && content !== undefined) headers.push([name.toLowerCase(), content])
  }
  const [, port, path = '/'] = HERE.exec(url ?? '') ?? []
  const body = data.length === 0 ? null : data.join('&')
  const said = [path, body ?? '', ...headers.flat()].join(' ')
  if (url === null || /[<$]|\.\.\.|\bYOUR_|\bTOKEN\b/.test(said)) return null
  if (body !== null && !headers.some(([name]) => name === 'content-type'))
    headers.push(['content-type', 'application/x-www-form-urlencoded'])
  return {
    method: method ?? (body === null ? 'GET' : 'POST'),
    path: path.split('#')[0] ?? path,
    port: port === undefined ? null : Number(port),
    data: body,
    headers: Object.fromEntries(headers),
    by,
  }
}

/** What health checks and CI ask of this machine: addresses in lines that start curl or wget and send nothing. */
export function urlLines(text: string, by: string): readonly LearnedRequest[] {
  return text.split('\n').flatMap((line) => {
    if (line.length > bounds.logLine || !/\b(curl|wget)\b/.test(line) || /\s(-X|--request|-d|--data|--post)/.test(line))
      return []
    return [
      ...line.matchAll(/\bhttps?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(\d{1,5}))?(\/[\w./?=&%~-]*)?/g),
    ].map(([, port, path]) => get(path ?? '/', by, port === undefined ? null : Number(port)))
  })
}

function get(path: string, by: string, port: number | null = null): LearnedRequest {
  return { method: 'GET', path, port, data: null, headers: {}, by }
}

/** How frameworks say what they answer: the method, where it is there, and the path. */
const DECLARES: readonly { readonly of: RegExp; readonly pattern: RegExp }[] = [
  {
    of: /\.py$/,
    pattern: /@\w{1,40}\.(route|get|post|put|patch|delete|head)\(\s{0,9}["']([^"'\n]{1,200})["']/g,
  },
  {
    of: /\.([cm]?js|ts|go)$/,
    pattern:
      /\b(?:app|router|routes?|server|fastify|api|r|e|g|mux|engine)\.(get|post|put|patch|delete|head)\(\s{0,9}["'`](\/[^"'`\n]{0,200})["'`]/gi,
  },
  { of: /\.go$/, pattern: /\bHandle(?:Func)?\(\s{0,9}"(?:([A-Z]{3,7}) )?(\/[^"\n]{0,200})"/g },
  {
    of: /\.(java|kt)$/,
    pattern: /@(Get|Post|Put|Patch|Delete)Mapping\(\s{0,9}(?:(?:value|path)\s?=\s?)?\{?\s?"([^"\n]{0,200})"/g,
  },
  { of: /\.rb$/, pattern: /^[ \t]{0,20}(get|post|put|patch|delete)[ \t(]{1,9}['"]([^'"\n]{1,200})['"]/gm },
  { of: /\.php$/, pattern: /\bRoute::(get|post|put|patch|delete|head)\(\s{0,9}['"]([^'"\n]{0,200})['"]/g },
  { of: /\.cs$/, pattern: /\.Map(Get|Post|Put|Patch|Delete)\(\s{0,9}"([^"\n]{0,200})"/g },
]

/** The routes that one source file declares. */
export function routesIn(source: string, path: string): readonly LearnedRequest[] {
  const said = source.split('\n').filter((line) => !/^(#|\/\/|\*)/.test(line.trimStart()))
  const text = said.join('\n')
  const prefix = /@RequestMapping\(\s?(?:value\s?=\s?)?"([^"\n]{1,200})"\)/.exec(text)?.[1] ?? ''
  return DECLARES.filter(({ of }) => of.test(path)).flatMap(({ pattern }) =>
    [...text.matchAll(pattern)].map((match) => {
      const verb = (match[1] ?? 'get').toUpperCase()
      const [decorator = ''] = text.slice(match.index + 1, match.index + 300).split(/\n *(?:@|def |async )/)
      const only = /methods ?= ?[[(](["'A-Z, ]{0,100})/.exec(decorator)?.[1]
      const isPost = verb === 'ROUTE' && only !== undefined && !only.includes('GET')
      const method = verb === 'ROUTE' ? (isPost ? (/[A-Z]+/.exec(only)?.[0] ?? 'POST') : 'GET') : verb
      const own = `/${match[2] ?? ''}`.replace(/^\/{2,}/, '/')
      return { ...get(`${prefix.replace(/\/$/, '')}${own}`, path), method }
    }),
  )
}

/** Of an OpenAPI or Swagger description, in JSON or as YAML is mostly written. */
export function describedRoutes(text: string, by: string): readonly LearnedRequest[] {
  return text.trimStart().startsWith('{') ? ofJson(text, by) : ofYaml(text, by)
}

function ofJson(text: string, by: string): readonly LearnedRequest[] {
  try {
    const described = JSON.parse(text) as { readonly paths?: unknown; readonly basePath?: unknown }
    const base = typeof described.basePath === 'string' ? described.basePath.replace(/\/$/, '') : ''
    return Object.entries(described.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods ?? {})
        .filter(isMethod)
        .map((method) => ({ ...get(`${base}${path}`, by), method: method.toUpperCase() })),
    )
  } catch {
    return []
  }
}

function ofYaml(text: string, by: string): readonly LearnedRequest[] {
  const found: LearnedRequest[] = []
  let isPaths = false
  let path: string | null = null
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) isPaths = /^paths:/.test(line)
    if (!isPaths) continue
    const key = /^( {2,8})["']?([^\s"']{1,200}?)["']?:/.exec(line)
    if (key?.[2]?.startsWith('/') === true) path = key[2]
    else if (path !== null && key?.[2] !== undefined && isMethod(key[2]))
      found.push({ ...get(path, by), method: key[2].toUpperCase() })
  }
  return found
}

function isMethod(name: string): boolean {
  return /^(get|post|put|patch|delete|head)$/.test(name)
}
