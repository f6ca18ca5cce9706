import type { ShellCommand } from '../command/index.ts'
import { baseName, normalisePath } from '../places.ts'
import type { RunAction } from './run-actions.ts'

type LinkAction = Pick<RunAction, 'tool' | 'paths' | 'value'>

/**
 * Links that a command makes or takes away: `ln -s`, and a2ensite(8), which links a site of `sites-available`. `read`
 * reads a word, null where its text does not tell.
 */
export function linkActions(
  { name, words }: ShellCommand,
  read: (word: ShellCommand['words'][number]) => string | null,
  folder: string | null,
): readonly LinkAction[] {
  const operands = words.slice(1).filter(({ text }) => !text.startsWith('-'))
  const values = operands.map(read)
  if (name === 'ln') {
    const [target, at] = values
    const isSymbolic = words.some(({ text }) => /^(-[a-rt-zA-Z]*s[a-zA-Z]*|--symbolic)$/.test(text))
    if (!isSymbolic || values.length !== 2 || target == null || at == null) return []
    const place = normalisePath(at.endsWith('/') ? `${at}${baseName(target)}` : at, folder ?? '')
    return place === null ? [] : [{ tool: 'link', paths: [place], value: target }]
  }
  const tool = name === 'a2ensite' ? 'link' : name === 'a2dissite' ? 'rm' : null
  if (tool === null) return []
  return values.flatMap((value) => {
    const site = value?.replace(/\.conf$/, '')
    if (site === undefined) return []
    const link = `/etc/apache2/sites-enabled/${site}.conf`
    return [{ tool, paths: [link], value: tool === 'link' ? `../sites-available/${site}.conf` : null }]
  })
}
