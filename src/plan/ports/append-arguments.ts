interface Argv {
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
}

/**
 * ENTRYPOINT and CMD with more words at the end of what they start, in the text of `sh -c` too, where a word behind it
 * would be the shell's own. Null where that text is more than one plain command.
 */
export function appendArguments({ entrypoint, cmd }: Argv, words: readonly string[]): Argv | null {
  if (words.length === 0) return { entrypoint, cmd }
  const ofEntrypoint = cmd === null || cmd.length === 0
  const argv = (ofEntrypoint ? entrypoint : cmd) ?? []
  const [shell = '', option = '', text] = argv
  const isText = /^(?:\/\S+\/)?(?:ba|da|a|z)?sh$/.test(shell) && /^-[a-z]*c$/.test(option) && argv.length === 3
  if (!isText || text === undefined) return { entrypoint, cmd: [...(cmd ?? []), ...words] }
  if (/[;&|<>\n`$(){}#]/.test(text)) return null
  const longer = [shell, option, `${text.trimEnd()} ${words.join(' ')}`]
  return ofEntrypoint ? { entrypoint: longer, cmd } : { entrypoint, cmd: longer }
}
