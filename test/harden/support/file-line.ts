import type { FileEntry, FileType } from '../../../src/image/file-model.ts'

const TYPES: Readonly<Record<string, FileType>> = { '-': 'file', d: 'directory', l: 'symlink', s: 'other', p: 'other' }

/** `drwxr-xr-x 0:0 /data` or `lrwxrwxrwx 0:0 /var/run -> /run`, as `ls -ln` writes the mode. */
export function parseFileLine(line: string): readonly [path: string, entry: FileEntry] {
  const match = /^([-dlsp])([-rwxsStT]{9}) (\d+):(\d+) (\/\S*)(?: -> (\S+))?$/.exec(line)
  const type = TYPES[match?.[1] ?? '']
  if (match === null || type === undefined) throw new Error(`"${line}" is no file line such as "drwxr-xr-x 0:0 /data"`)
  const link = match[6] ?? null
  if ((link !== null) !== (type === 'symlink')) throw new Error(`"${line}": a link, and only a link, has a target`)
  const path = match[5] ?? ''
  return [
    path,
    {
      type,
      uid: Number(match[3]),
      gid: Number(match[4]),
      mode: modeOf(match[2] ?? ''),
      size: type === 'file' ? 100 : 0,
      link,
    },
  ]
}

function modeOf(text: string): number {
  let mode = 0
  for (const [index, letter] of [...text].entries()) {
    if (/[rwxst]/.test(letter)) mode |= 1 << (8 - index)
    if (/[sStT]/.test(letter)) mode |= 0o1000 << (2 - Math.floor(index / 3))
  }
  return mode
}
