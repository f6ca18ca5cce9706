import type { ShellCommand } from '../../command/index.ts'
import { programIndex } from '../../command/index.ts'
import { nameOf } from '../../path.ts'
import { staticValue, type Variables } from './static-text.ts'

/** A folder of which a script changes files in place, whatever they are called. */
export interface FolderEdit {
  readonly command: ShellCommand
  readonly folder: string
  /** Also files in the folders below. */
  readonly deep: boolean
}

/** `find /srv -exec sed -i …`, `grep -rl x /srv | xargs sed -i …`, `sed -i … /srv/*.js`, and `sed -i … "$f"` in a loop over them. */
export function folderEdits(
  text: string,
  commands: readonly ShellCommand[],
  variables: Variables,
): readonly FolderEdit[] {
  return commands.flatMap((command, index): readonly FolderEdit[] => {
    const words = command.words.slice(programIndex(command.words))
    const tool = nameOf(words[0]?.value ?? '')
    const texts = words.map((word) => word.text)
    const edits = texts.findIndex((word) => nameOf(word) === 'sed')
    if (edits < 0 || !texts.slice(edits).some((word) => IN_PLACE.test(word))) return []
    const of = (places: readonly Place[]): readonly FolderEdit[] => places.map((place) => ({ command, ...place }))
    if (tool === 'find') return of(searched(words, variables))
    if (tool === 'xargs') {
      const before = command.connector === '|' ? commands[index - 1] : undefined
      return before === undefined ? [] : of(searched(before.words, variables))
    }
    return tool === 'sed' ? of(texts.slice(1).flatMap((word) => placesOf(word, text, variables))) : []
  })
}

const IN_PLACE = /^(-[a-zA-Z]*i|--in-place)/

type Place = Pick<FolderEdit, 'folder' | 'deep'>

/** Where find(1) and `grep -r` look: the operands up to the first test, or the last one. */
function searched(words: ShellCommand['words'], variables: Variables): readonly Place[] {
  const [tool, ...rest] = words.map(({ text }) => text)
  const end = rest.findIndex((word) => /^[-(!\\]/.test(word))
  const found = tool === 'find' ? rest.slice(0, end < 0 ? rest.length : end) : tool === 'grep' ? rest.slice(-1) : []
  return found.flatMap((word) => {
    const folder = staticValue(word, variables)
    return folder === null ? [] : [{ folder, deep: true }]
  })
}

/** A pattern, or the variable of a loop over some. */
function placesOf(word: string, text: string, variables: Variables): readonly Place[] {
  const name = /^"?\$\{?(\w+)\}?"?$/.exec(word)?.[1]
  if (name === undefined) return ofPattern(word, variables)
  const list = new RegExp(String.raw`\bfor\s+${name}\s+in\s+([^;\n]+)`).exec(text)?.[1] ?? ''
  const substituted = /^"?(?:\$\(|\x60)\s*(find|ls)\s+(?:-\w+\s+)*([^\s)\x60]+)/.exec(list)
  const folder = substituted === null ? null : staticValue(substituted[2] ?? '', variables)
  if (folder !== null && substituted?.[1] === 'find') return [{ folder, deep: true }]
  return (substituted === null ? list : (substituted[2] ?? ''))
    .split(/\s+/)
    .flatMap((each) => ofPattern(each, variables))
}

function ofPattern(word: string, variables: Variables): readonly Place[] {
  const at = word.search(/[*?[]/)
  if (at < 0 || !word.includes('/') || /^['"]?s[|/#,]/.test(word)) return []
  const quote = /^["']/.test(word) ? (word[0] ?? '') : ''
  const before = word.slice(0, at)
  const text = before.slice(0, before.lastIndexOf('/'))
  const isClosed = quote === '' || text.slice(1).includes(quote)
  const folder = staticValue(isClosed ? text : `${text}${quote}`, variables)
  return folder === null || folder === '' ? [] : [{ folder, deep: word.slice(at).includes('/') }]
}
