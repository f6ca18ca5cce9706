import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { memoizeSearch } from '../memoize.ts'
import { type Claim, inferred, type PathClaim } from './claim.ts'
import type { StageView } from './provider.ts'
import { isComment, isTest } from './source-text.ts'

/** What a program asks of the system whatever language it is in: matched as text, since a word is all there is to it. */

/** Sources that are compiled, or bundled. */
export const COMPILED = /\.([cm]?[jt]sx?|go|rs|java|kt|cs|c|cc|cpp|cxx|exs?)$(?<!\/node_modules\/.*)/

/** What makes something in the folder for temporary files, which `scratch` has not; glog has its log there, and ends without. */
const TEMPORARY =
  /"github\.com\/golang\/glog"|["'`]\/tmp(?:\/|["'`])|\bos\.(?:CreateTemp|MkdirTemp|TempDir)\b|\bioutil\.Temp(?:File|Dir)\(|\btempfile::|\benv::temp_dir\(|\bGetTemp(?:Path|FileName)\(|\bcreateTemp(?:File|Directory)\(|\.(?:ParseMultipartForm|FormFile|MultipartForm)\(/

/** A program on `scratch` that makes temporary files finds no folder for them; as root it could make one. */
export function temporaryFolder(
  chain: StageView['chain'],
  files: FileModel,
  { texts, origins, copies }: Pick<StageContents, 'texts' | 'origins' | 'copies'>,
): readonly PathClaim[] {
  const isOpen = ((files.entry('/tmp')?.mode ?? 0) & 0o002) !== 0
  if (chain[0]?.base.kind !== 'scratch' || isOpen || copies.some(({ destination }) => destination === '/tmp')) return []
  for (const [file, text] of texts) {
    const at = COMPILED.test(file) && !isTest(file) ? text.search(TEMPORARY) : -1
    if (at >= 0)
      return [
        inferred(
          'keep-state',
          '/tmp',
          `${origins.get(file) ?? file} line ${lineOf(text, at)} makes temporary files, and scratch has no folder for them`,
        ),
      ]
  }
  return []
}

/** What asks for the home of whoever runs it: Go, Rust, Node, Java, C#. */
const ASKS_HOME =
  /\bos\.User(?:Home|Config|Cache)Dir\(|\.HomeDir\b|\bhomedir\.(?:Dir|Expand|HomeDir)\(|\b[Gg]etenv\("HOME"\)|\benv::var(?:_os)?\("HOME"\)|\bdirs(?:_next)?::\w{1,40}_dir\(|\bhome::home_dir\(|\bProjectDirs::from\(|\bos\.homedir\(|\bgetProperty\("user\.home"\)|\bSpecialFolder\.(?:UserProfile|Personal|(?:Local)?ApplicationData)\b/
/** And what makes something, there or elsewhere. */
const WRITES_FILES =
  /\bos\.(?:Mkdir|Create|WriteFile|OpenFile)|\bioutil\.WriteFile\(|\bcreate_dir|\bFile::create|\bfs::write\(|\b(?:mkdir|writeFile|createWriteStream|outputFile)(?:Sync)?\(|\bmkdirs\(\)|\bcreateDirector(?:y|ies)\(|\bCreateDirectory\(|\bWriteAll\w+\(/

/** The line of a text that asks for the home and makes files somewhere; null for none. */
const homeAskedIn = memoizeSearch((text): number | null => {
  const at = text.search(ASKS_HOME)
  return at < 0 || isComment(text, at) || !WRITES_FILES.test(text) ? null : lineOf(text, at)
})

/**
 * Where no account gives it one, HOME is `/` (FACTS 3), which root alone may write. Not where the image or a volume puts something
 * there: a program that keeps its files in the root is found to.
 */
export function homeAsked(
  { texts, origins, copies }: Pick<StageContents, 'texts' | 'origins' | 'copies'>,
  { env, volumes }: ImageConfig,
): readonly Claim[] {
  const isHidden = (path: string): boolean => path.startsWith('/.')
  if (env.has('HOME') || volumes.some(isHidden) || copies.some(({ destination }) => isHidden(destination))) return []
  for (const [file, text] of texts) {
    const line = COMPILED.test(file) && !isTest(file) ? homeAskedIn(text) : null
    if (line === null) continue
    const detail = `${origins.get(file) ?? file} line ${line} looks for the home of who runs it, and makes files`
    return [{ kind: 'home', evidence: { source: 'framework', subject: '/', detail } }]
  }
  return []
}

/** Of a source that closes its log and opens it again when it is told to, the place; null for none. */
export function reopensLog({ texts, origins }: Pick<StageContents, 'texts' | 'origins'>): string | null {
  for (const [file, text] of texts) {
    const at = isTest(file) ? -1 : text.search(TOLD_TO_REOPEN)
    if (at >= 0 && !isComment(text, at) && APPENDS.test(text))
      return `${origins.get(file) ?? file} line ${lineOf(text, at)}`
  }
  return null
}

/** Handlers of SIGHUP and SIGUSR1, with which logrotate tells a program that its log is another one: C, Python, Go, Node, Ruby, Perl, PHP, Rust. */
const TOLD_TO_REOPEN =
  /\b(?:signal|sigaction|sigset|pcntl_signal)\(\s*SIG(?:HUP|USR1)\b|\b(?:signal\.signal|add_signal_handler)\(\s*signal\.SIG(?:HUP|USR1)\b|\bsignal\.Notify\([^)\n]{0,200}\bSIG(?:HUP|USR1)\b|\bprocess\.on\(\s*["']SIG(?:HUP|USR1)\b|\btrap[ (]\s*["':](?:SIG)?(?:HUP|USR1)\b|\$SIG\{["']?(?:HUP|USR1)\b|\bSignalKind::(?:hangup|user_defined1)\(|\bWatchedFileHandler\(/
const APPENDS =
  /\bf(?:re)?open\([^()\n]{0,200},\s*["']a|\bopen\([^()\n]{0,200},\s*(?:mode\s*=\s*)?["']a|\bO_APPEND\b|\bcreateWriteStream\(|["']>>["']|\bFileHandler\(|\bLogger\.new\(|\.append\(true\)/
