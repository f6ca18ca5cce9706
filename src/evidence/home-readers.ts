import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import { isInside, normalisePath } from '../places.ts'
import type { Remark } from '../plan/plan.ts'

/** The command asks for files by the home of whoever runs it: what the build put into root's is not in the user's. */
export function homeReaders(shipped: Shipped, config: ImageConfig): readonly Remark[] {
  const home = config.env.get('HOME')
  if (home !== undefined && !isInside(home, '/root')) return []
  const words = argvOf(config)
  const why = fromHome(words, shipped) ?? (isLogin(words) ? profileLine(shipped) : null)
  if (why === null) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `the command "${shown(words)}" uses ${why}, and another user has another home than /root`,
      hint: 'name the file by a path that does not depend on who runs, and set with ENV what a profile sets',
      about: 'CMD',
      evidence: [{ source: 'declared', subject: '/root', detail: 'asked for by the command through its home' }],
    },
  ]
}

function fromHome(words: readonly string[], shipped: Shipped): string | null {
  for (const word of words) {
    const found = startedFromHome(word, shipped)
    if (found !== null) return found
  }
  return null
}

/** Run or sourced from there, or put there by the build. */
function startedFromHome(text: string, { entries }: Shipped): string | null {
  if (!/~|HOME/.test(text)) return null
  for (const { 1: rest = '', index } of text.matchAll(/(?:~|\$\{?HOME\}?)(\/[\w./-]+)/g)) {
    const path = normalisePath(`/root${rest}`)
    const isStarted = /(^|[;&|(]|\bexec|\bsource|\s\.)\s*["']?$/.test(text.slice(0, index))
    if (isStarted || (path !== null && [...entries.keys()].some((each) => isInside(each, path)))) return `~${rest}`
  }
  return null
}

/** `bash -lc`, `bash -i`: they read what the account's profile says. */
function isLogin(words: readonly string[]): boolean {
  return words.some(
    (word, index) => /(^|\/)(ba|z)?sh$/.test(word) && /^(-[a-hjkm-z]*[il][a-z]*|--login)$/.test(words[index + 1] ?? ''),
  )
}

function profileLine({ steps }: Shipped): string | null {
  const step = steps.find(
    ({ instruction: { keyword, text } }) =>
      /^(RUN|COPY|ADD)$/.test(keyword) &&
      (/(~|\$\{?HOME\}?|\/root)\/\.(bashrc|bash_profile|profile|zshrc)\b/.test(text) ||
        /nvm-sh\/nvm|get\.sdkman\.io/.test(text)),
  )
  return step === undefined ? null : `the profile that line ${step.instruction.line} writes`
}

/** Without the shell that a shell form brings. */
function shown(words: readonly string[]): string {
  return (/^\/bin\/sh -c /.test(words.join(' ')) ? words.slice(2) : words).join(' ')
}
