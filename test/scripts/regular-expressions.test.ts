// Nobody's input hangs a regular expression: what recheck says of each, and what those that are not linear took at the bound of their input.
import { expect, test } from '@jest/globals'
import { keptVerdicts, LINEAR, regularExpressions, slowRows, verdictOf } from '../../scripts/check-regex.mjs'
import { allBounds, longestTime, mostMilliseconds } from '../../scripts/regex-times.mjs'
import { bounds } from '../../src/bounds.ts'

/** All that are made while the program runs, and what of a stranger's is in them. */
const MADE: Readonly<Record<string, string>> = {
  'src/manifests/compose/edit-service.ts: `\\\\b${group}\\\\b`': 'constants, and names of \\w alone',
  'src/manifests/compose/edit-entries.ts: `\\\\$\\\\{?${variable}\\\\b`': 'constants, and names of \\w alone',
  "src/manifests/compose/port-calls.ts: `(?<![\\\\w.$-])(?:${names.join('|')})(?![\\\\w-]|\\\\.\\\\w)`":
    'constants, and names of \\w alone',
  "src/borders/terminal.ts: `(${'\\u001b'}\\\\[(?:1|2|22|3[1236]|39)m)`": 'constants, and names of \\w alone',
  'src/dockerfile/words.ts: `[${unicodeSpaces}]`': 'constants, and names of \\w alone',
  "src/image/reference.ts: `^(${Object.keys(transports).join('|')}):(.*)$`": 'constants, and names of \\w alone',
  'src/image/reference.ts: `^(?:${label}(?:\\\\.${label})*|\\\\[[a-fA-F0-9:]+\\\\])(?::[0-9]+)?$`':
    'constants, and names of \\w alone',
  'src/image/sources/catalogue.ts: pattern': 'the catalogue, which is ours',
  'src/image/sources/catalogue.ts: rule.pattern': 'the catalogue, which is ours',
  'src/plan/account/owners.ts: `\\\\b${escapeEre(name)}\\\\b`': 'a name, escaped, between two borders of words',
  'src/plan/account/absent-account.ts: `(?<![\\\\w./-])${escapeEre(name)}(?![\\\\w./-])`':
    'a name, escaped, between two borders',
  'src/shell/file-tools.ts: `^(?:${tool.program})$`': 'the catalogue, which is ours',
  'src/contents/stage-contents.ts: pattern':
    'a plain text of a sed expression, between ends of a line; no star of its own',
  'src/contents/draft.ts: WORD': 'constants, and names of \\w alone',
  'src/places.ts: `^${text}${end}`': 'a glob, escaped but for its stars; a path',
  'src/evidence/declared.ts: String.raw`\\$\\{?${escapeEre(name)}\\b|(?<![\\w./-])${escapeEre(path)}(?![\\w.-])`':
    'a name, escaped, between two borders of words',
  'src/evidence/source-files.ts: String.raw`^[ \\t]*["\']?${key}["\']?[ \\t]*[:=][ \\t]*["\']?(/[\\w./-]{1,200})`':
    'a name of \\w alone',
  "src/evidence/languages/index.ts: wordsOf(all).join('|')": 'the tables, which are ours',
  'src/evidence/languages/index.ts: `\\\\b(?:${of})`': 'the tables, which are ours',
  'src/evidence/source-writes.ts: rule.like': 'the tables, which are ours',
  'src/evidence/source-writes.ts: when.is': 'the tables, which are ours',
  "src/evidence/source-writes.ts: like ?? ''": 'the tables, which are ours',
  'src/evidence/questions.ts: String.raw`(?<![\\w.-])${escapeEre(program)}(?![\\w-])`': 'escaped by escapeEre',
  'src/evidence/questions.ts: `^(?:${call.program})$`': 'the catalogue, which is ours',
  "src/evidence/questions.ts: call.with ?? ''": 'the catalogue, which is ours',
  'src/evidence/questions.ts: escapeEre(folder)': 'escaped by escapeEre',
  'src/evidence/questions.ts: manager.toldBy': 'the catalogue, which is ours',
  'src/evidence/vendor.ts: onlyFor.project': 'constants of the catalogue',
  'src/evidence/vendor.ts: onlyFor.says': 'constants of the catalogue',
  'src/evidence/vendor.ts: String.raw`(?<!\\d)${from}(?!\\d)`': 'a number',
  'src/evidence/vendor.ts: String.raw`(?<!\\d)${move.from}(?!\\d)`': 'a number',
  'src/evidence/vendor.ts: unlessArgument': 'constants of the catalogue',
  'src/plan/ports/told-port.ts: onlyWith': 'the catalogue, which is ours',
  'src/plan/ports/told-port.ts: `^${VALUE}(?=[\\\\s,;:]|$)`': 'constants, and names of \\w alone',
  'src/evidence/vendor-files.ts: String.raw`(?:^|[\\s/])${program}\\s(?:[^;&|]*\\s)?${option}\\s*["\']?(/[^\\s"\';&|]+)`':
    'constants, and names of \\w alone',
  'src/evidence/servers.ts: `^(?:${pattern})$`': 'the catalogue, which is ours',
  'src/repository/readers/bake.ts: String.raw`^[ \\t]*${key}[ \\t]*=[ \\t]*"([^"\\n]*)"`':
    'constants, and names of \\w alone',
  'src/repository/readers/bake.ts: String.raw`^[ \\t]*${key}[ \\t]*=[ \\t]*\\[([^\\]]*)\\]`':
    'constants, and names of \\w alone',
  'src/plan/ports/healthcheck.ts: String.raw`\\blocalhost(?=:${to}(?!\\d))`': 'a number',
  "src/repository/readers/workflow.ts: String.raw`\\$\\{\\{\\s*matrix\\.${plainName}\\s*(?:\\|\\|\\s*'[\\w./:@-]*'\\s*)?\\}\\}`":
    'a name of \\w and dashes',
  'src/repository/surroundings.ts: String.raw`(?<![\\w./-])${escaped(path)}(?![\\w.-])`': 'a path, escaped',
  'src/evidence/frameworks.ts: says': 'the catalogue, which is ours',
  'src/shell/loops.ts: String.raw`(?:^|[\\s;])(\\w{1,99})\\[("[^"\\n]{1,200}"|[^\\]\\n"]{1,200})\\]=${VALUE}`':
    'constants, and names of \\w alone',
  'src/shell/loops.ts: String.raw`\\[("[^"\\n]{1,200}"|[^\\]\\n"]{1,200})\\]=${VALUE}`':
    'constants, and names of \\w alone',
  'src/start/script-writes.ts: String.raw`\\$\\{?${name}\\b`': 'constants, and names of \\w alone',
  'src/plan/account/stage-users.ts: `(?:^|\\\\s)${name}(?:[=\\\\s]|$)`': 'constants, and names of \\w alone',
  'transforms/own-writable-paths.ts: `(?:^|\\\\s)${name}\\\\b`': 'constants, and names of \\w alone',
  'transforms/paths/path-words.ts: String.raw`\\$(?:${name}\\b|\\{${name}\\})(/\\w)?`': 'names of \\w alone',
  'src/evidence/working-folder.ts: pattern': 'the catalogue, which is ours',
  'src/evidence/root-home.ts: pattern': 'the catalogue, which is ours',
  'src/evidence/root-home.ts: run': 'the catalogue, which is ours',
  'src/evidence/root-home.ts: one.path': 'the catalogue, which is ours',
  'src/evidence/root-home.ts: known.readBy': 'the catalogue, which is ours',
  "src/evidence/root-home.ts: homeTools.map(({ run }) => run).join('|')": 'the catalogue, which is ours',
  'src/evidence/config-writes.ts: namesFolder': 'the catalogue, which is ours',
  'src/evidence/vendor-files.ts: line': 'the catalogue, which is ours',
  'src/evidence/working-folder.ts: `^(?:${option})$`': 'the catalogue, which is ours',
  'src/evidence/working-folder.ts: only': 'the catalogue, which is ours',
  'src/evidence/working-folder.ts: said': 'the catalogue, which is ours',
  'src/evidence/working-folder.ts: rule.with': 'the catalogue, which is ours',
  'src/evidence/working-folder.ts: unless': 'the catalogue, which is ours',
  'src/evidence/file-edit.ts: source': 'an edit of ours: what it takes from a file is escaped by escapeEre',
  'src/evidence/configuration-files.ts: `^${source}$`': 'a glob, escaped but for its stars; a path',
  'src/plan/ports/healthcheck.ts: String.raw`(${LOOPBACK}(?::|["\']?,\\s*["\']?|\\s+))${from}(?!\\d)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/healthcheck.ts: String.raw`(\\b${scheme}://${LOOPBACK})(?=[/"\'\\s]|$)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/healthcheck.ts: String.raw`(\\b(?:curl|wget)\\b[^|;&]{0,500}?\\s)(${LOOPBACK})(?=[/"\'\\s]|$)(?!:)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-arguments.ts: `(?<!\\\\d)${from}(?!\\\\d)`': 'a number; one word of a command',
  'src/plan/ports/port-arguments.ts: String.raw`((?:^|[\\w\\]*+.,]|//[^/;,]*):)${from}(?=$|[/;,\\s"\'])`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-arguments.ts: `^(-[pPlb])${from}$`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-files.ts: String.raw`${LOCAL}\\]?(?:[:,]|\\s+)${port}(?![\\d.])|${LOCAL}${beside}${named}|${named}${beside}["\']?[\\w.-]*["\']?\\s{0,9}[:=]?\\s{0,9}["\']?${LOCAL}`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-files.ts: String.raw`(?<![\\w./%$-])${other}${port}(?![\\w.%-]|\\/(?!tcp\\b|udp\\b))`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-files.ts: `^-[A-Za-z]${from}$`': 'numbers of ports between constants; one line of a file',
  'src/evidence/configuration-files.ts: `^\\\\s*${key}\\\\s*=\\\\s*"([^"\\\\n]+)"`':
    'constants, and names of \\w alone',
  'src/plan/ports/port-files.ts: String.raw`\\bEnv\\.(\\w*(?:PORT|LISTEN)\\w*)\\s*\\|\\s*default\\s+"?${from}\\b`':
    'numbers of ports between constants; a text of the image',
  'src/plan/ports/port-files.ts: String.raw`\\bdefault\\s+\\.Env\\.(\\w*(?:PORT|LISTEN)\\w*)\\s+"?${from}\\b`':
    'numbers of ports between constants; a text of the image',
  'src/repository/port-users.ts: `(?:internal_port|ContainerPort)["\']?\\\\s*[:=]\\\\s*["\']?${port}(?!\\\\d)`':
    'numbers of ports between constants; one line of a file',
  'src/repository/port-users.ts: `\\\\btcp6?:${port}["\']?:`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`(?:<\\w+\\b[^>]*|\\binput\\([^)]*)\\bport\\s*=\\s*["\']${from}["\']`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`^\\s*${ANY_ADDRESS}${from}(?=["\']?\\/?\\s*(?:[{,;]|$))`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`^\\s*${BEFORE}[<"\']?${KEY}["\']?(?:\\s*[:=]\\s*|\\s+)["\']?(?:\\S*[:@\\]*])?${from}(?![\\w.:]|\\s*\\.)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: `${from}(?=["\']?[;>]?$)`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`(?<![\\w.:@])${ADDRESS}${from}(?![\\w.:@])`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`\\b(?:local)?port\\s*\\(\\s*["\']?${from}["\']?\\s*\\)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`^(?:\\d+(?:\\s*,\\s*|\\s+))*${from}(?=\\s*(?:[,;\\s]|$))`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`^\\s*(?:["\']?${key}["\']?(?:\\s*[:=]\\s*|\\s+)|-\\s+)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: `:${from}/?$`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-arguments.ts: String.raw`(\\\\\\d|(?<!\\d))${move.to}(?!\\d)`':
    'numbers of ports between constants; one line of a file',
  "src/plan/ports/low-ports.ts: String.raw`^\\s*(?:(?:if|elif|while|until|then|do|else|!|exec|sudo|time|\\w+=\\S*)\\s+)*(?:/\\S+/)?(?:${knownPrograms.clients.programs.join('|')})\\s`":
    'constants of the catalogue; a part of one line',
  'src/plan/ports/low-ports.ts: String.raw`^[ \\t]*(?:\\w*[ \\t]*\\{[ \\t]*)?<?(?:listen|bind|virtualhost)(?:[ \\t]*[:=][ \\t]*|[ \\t]+)["\']?${ANY_LINE}(\\d{1,3})(?![\\w.:-])`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/low-ports.ts: String.raw`(^|.)\\$\\{(\\w*(?:PORT|LISTEN)\\w*):?[-=]${from}\\}`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/low-ports.ts: String.raw`\\b${from}\\b`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/low-ports.ts: String.raw`\\bPORT=(["\']?)${from}\\1(?=\\s|$)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/low-ports.ts: String.raw`\\blisten(?:AndServe)?\\(\\s*(?:["\'][\\d.]*:)?${from}\\b|\\b(?:run|serve|listen)\\([^()\\n]*\\bport\\s*[=:]\\s*${from}\\b|(?:\\b\\w*Server|\\.bind)\\(\\(\\s*["\'][^"\']*["\']\\s*,\\s*${from}\\b|\\bInetSocketAddress\\(\\s*${from}\\b|\\bset\\(?\\s*:port,\\s*${from}\\b`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/low-ports.ts: form': 'numbers of ports between constants; one line of a file',
  "src/plan/step-down/step-down-edits.ts: String.raw`(?<!\\w=\\S*\\s+)(?:${texts.join('|')})(?![\\w./-])`":
    'escaped texts',
  'src/manifests/make-profile.ts: String.raw`(?<!\\d)${to}(?!\\d)`': 'numbers',
  'src/manifests/yaml/rewrite.ts: `(?: {${column + 1},}#.*(?:\\\\n|$))*`': 'numbers',
  'src/proof/ask/ask-port.ts: `^${name}:[ \\\\t]*([^\\\\r\\\\n]+)`': 'constants, and names of \\w alone',
  'src/contents/build-context.ts: `^${source}$`': 'a glob of COPY or rm, escaped but for its stars; a path',
  'src/contents/run-actions.ts: `^${source}(?:/|$)`': 'a glob of COPY or rm, escaped but for its stars; a path',
  'src/proof/log-refusals.ts: String.raw`^\\W*${escapeEre(path)}:?( line)? `':
    'an escaped path; a line of at most 2000 characters',
  'src/proof/log-refusals.ts: `${String.fromCharCode(27)}\\\\[[\\\\d;]*m`': 'constants, and names of \\w alone',
  'src/temporary.ts: `^\\\\..+\\\\.(${tokenPattern})\\\\.[0-9a-f]{8}\\\\.tmp$`': 'constants, and names of \\w alone',
  'src/temporary.ts: `^harden-image-(${tokenPattern})-[a-z]+-\\\\w{6}$`': 'constants, and names of \\w alone',
  'src/userns/sub-ids.ts: `^[ \\\\t]*${prefix}_${name}[ \\\\t]+(\\\\d+)[ \\\\t]*$`':
    'constants, and names of \\w alone',
  'src/repository/ignore-rules.ts: `^${source}$`': 'bounds.patternFolders and bounds.patternStars',
  'src/repository/smoke.ts: value': 'bounds.patternLength, and a process of its own that bounds.patternMs ends',
  'transforms/raise-ports.ts: `\\\\b${from}\\\\b`': 'a number',
  'src/image/root-program.ts: pattern': 'the catalogue, which is ours',
  "src/image/sources/catalogue.ts: `^${glob.replace(/[.+?^${}()|[\\]\\\\]/g, '\\\\$&').replaceAll('*', '[^/]*')}$`":
    'the catalogue, which is ours',
  'src/image/sources/catalogue.ts: tagPattern': 'the catalogue, which is ours',
  "src/start/daemons.ts: `^[ \\\\t]*(?:${owner.join('|')})[ \\\\t]*=`": 'the catalogue, which is ours',
  'src/start/daemons.ts: `^[ \\\\t]*(?:${keys})${between}["\']?(?<${named}>[\\\\w.$\\\\{\\\\}-]+)["\']?[ \\\\t]*(?:[;#][^\\\\n]*)?$`':
    'constants, and names of \\w alone',
  "src/start/daemons.ts: daemons.flatMap(({ files }) => files.map(({ name }) => name.source)).join('|')":
    'globs of the catalogue, escaped but for their stars; the name of a file',
  'src/start/daemons.ts: says': 'the catalogue, which is ours',
  'src/start/daemons.ts: line.pattern': 'the catalogue, which is ours',
  'src/start/daemons.ts: `/${parts[1]}/${below}`': 'a glob of the catalogue, escaped but for its stars; a path',
  'src/start/daemons.ts: `^${parts.at(-1)}$`': 'a glob of the catalogue, escaped but for its stars; a path',
  'src/start/config-lines.ts: `^[ \\\\t]*(?:export[ \\\\t]+)?(?:: \\\\$\\\\{)?${name}:?=["\']?([\\\\w.-]+)`':
    'constants, and names of \\w alone',
  'src/start/config-lines.ts: daemon.user': 'constants, and names of \\w alone',
  'src/shell/root-checks.ts: `${uid}${operator}${zero}|${zero}${operator}${uid}|${name}${operator}${root}`':
    'constants, and names of \\w alone',
  'src/shell/root-checks.ts: `^case ${uid} in ["\']?0["\']?$`': 'constants, and names of \\w alone',
  'src/engine/cli/build.ts: `^${field}:[ \\\\t]+(.*)$`': 'constants',
  'src/engine/cli/listeners.ts: `^${table.toUpperCase()}: inuse 0\\\\b`': 'constants, and names of \\w alone',
  'src/proof/checks/watch.ts: `${String.fromCharCode(27)}\\\\[[\\\\d;]*m`': 'constants, and names of \\w alone',
  'src/proof/trace/file-calls.ts: `\\\\b${name}=([\\\\w|]+)`': 'constants, and names of \\w alone',
  'src/manifests/compose/ports.ts: `[:\\\\s]${from}\\\\b`': 'numbers of ports and escaped names',
  'src/manifests/compose/ports.ts: `\\\\b${host}:${port}\\\\b`': 'numbers of ports and escaped names',
  'src/manifests/compose/ports.ts: `\\\\b${scheme}://${host}(?![\\\\w.:-])`': 'numbers of ports and escaped names',
}

/** Numbers from 0 to 1, the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const verdicts = keptVerdicts()
const rows = slowRows()
const { literals, made } = regularExpressions()

test('each regular expression has a verdict of recheck: npm run check:regex asks for those of new ones', () => {
  expect(literals.length).toBeGreaterThan(1000)
  expect(literals.filter((literal) => verdicts[literal] === undefined)).toEqual([])
})

test('none takes exponential time', () => {
  expect(literals.filter((literal) => verdicts[literal] === 'exponential')).toEqual([])
})

test('each that is not linear was measured: npm run check:regex makes its row, in which its bound is to be named', () => {
  const patterns = rows.map(({ pattern }) => pattern)
  expect(literals.filter((literal) => !LINEAR.has(verdicts[literal] ?? '') && !patterns.includes(literal))).toEqual([])
  expect(patterns.filter((pattern, index) => !literals.includes(pattern) || patterns.indexOf(pattern) < index)).toEqual(
    [],
  )
})

test('each of those has a bound of src/bounds.ts, and its worst attack took little at that length', () => {
  const table = new Map<string, unknown>(Object.entries(bounds))
  const bad = rows.filter(
    ({ input, bound, length, milliseconds }) =>
      input === '' ||
      length === null ||
      table.get(bound) !== length ||
      milliseconds === null ||
      milliseconds > mostMilliseconds,
  )
  expect(bad).toEqual([])
})

test('what is measured is what src/bounds.ts says', async () => {
  expect(await allBounds()).toEqual(bounds)
})

test('an expression that takes quadratic time passes with a short input alone', async () => {
  expect(await longestTime('/a*b/', bounds.expressionLength, [])).toBeLessThan(mostMilliseconds)
  expect(await longestTime('/a*b/', 24 * 1024, [])).toBeGreaterThan(mostMilliseconds)
}, 60_000)

test('each that is made while the program runs is listed with what a stranger says in it', () => {
  expect(Object.keys(MADE).sort()).toEqual(made)
})

test('recheck still says of some what is kept of it', async () => {
  const linear = literals.filter((literal) => LINEAR.has(verdicts[literal] ?? ''))
  const next = seeded(15)
  const some = Array.from({ length: 10 }, () => linear[Math.floor(next() * linear.length)] ?? '')
  const said = await Promise.all(
    some.map(async (literal) => [literal, await verdictOf(literal, 5_000, ['automaton'])] as const),
  )
  // Its automaton is exact; its fuzzing says another thing on a busy machine. What does not end in time says nothing.
  expect(said.filter(([, verdict]) => !LINEAR.has(verdict) && verdict !== 'unknown')).toEqual([])
  expect(await verdictOf('/^(a+)+$/', 30_000)).toBe('exponential')
}, 120_000)
