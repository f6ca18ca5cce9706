import type { FileEntry } from '../image/file-model.ts'

/** Of a line as `ls -l` tells it: `drwxr-x--- 33:33 /path`, `lrwxrwxrwx 0:0 /path -> target`; `-1`: an owner that is not known. */
export function entryOf(line: string): readonly [string, FileEntry] {
  const [, type = '-', bits = '', uid = '0', gid = '0', path = '', link] =
    /^([-dl])(\S{9}) (-?\d+):(-?\d+) (\S+?)(?: -> (\S+))?$/.exec(line) ?? []
  const special =
    (/[st]/i.test(bits[2] ?? '') ? 0o4000 : 0) |
    (/[s]/i.test(bits[5] ?? '') ? 0o2000 : 0) |
    (/[t]/i.test(bits[8] ?? '') ? 0o1000 : 0)
  const mode =
    [...bits].reduce((sum, bit) => (sum << 1) | (bit === '-' || bit === 'S' || bit === 'T' ? 0 : 1), 0) | special
  return [
    path,
    {
      type: type === 'd' ? 'directory' : type === 'l' ? 'symlink' : 'file',
      uid: Number(uid),
      gid: Number(gid),
      mode,
      size: 0,
      link: link ?? null,
    },
  ]
}
