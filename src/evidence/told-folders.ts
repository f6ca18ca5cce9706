import { argvOf } from '../command/index.ts'
import { lineOf } from '../edit.ts'
import { isInside, normalisePath } from '../places.ts'
import type { StageView } from './provider.ts'
import { isComment, isTest } from './source-writes.ts'

type Telling = Pick<StageView, 'contents' | 'builders' | 'started'>

/**
 * What of the program's own sources writes to a path that its command line or a variable tells it, below a folder: `--config /config` and
 * `os.Create(cfgPath)`. For people; null where nothing does. A path that is only a value of the source is what `source-files` finds.
 */
export function writtenAsTold(folder: string, { contents, builders, started }: Telling): string | null {
  const names = toldNames(folder, started)
  if (names.length === 0) return null
  for (const { texts, origins } of [contents, ...builders])
    for (const [file, text] of texts) {
      if (!SOURCE.test(file) || isTest(file)) continue
      for (const match of text.matchAll(WRITES)) {
        const [, call = '', argument = '', receiver = '', method = ''] = match
        const what = argument === '' ? receiver : argument
        // `open(path)` reads.
        const isRead =
          /(?:^|\.)(?:open|OpenFile)$/.test(call) && !OPENS_TO_WRITE.test(text.slice(match.index, match.index + 300))
        if (isRead || /["'`]/.test(what) || isComment(text, match.index)) continue
        if (names.some((name) => name.test(what)))
          return `${call === '' ? method : call} in ${origins.get(file) ?? file} line ${lineOf(text, match.index)}`
      }
    }
  return null
}

/** What sources call what is told so: `-config /data/a.yaml`, `--data-dir=/data`, `DATA_PATH=/data`. */
function toldNames(folder: string, config: StageView['started']): readonly RegExp[] {
  const isTold = (value: string): boolean => {
    const path = value.startsWith('/') ? normalisePath(value) : null
    return path !== null && isInside(path, folder)
  }
  const argv = argvOf(config)
  const options = argv.flatMap((word, at) => {
    const [, name = '', value = ''] = /^--?([A-Za-z][\w-]{0,60})(?:=(.*))?$/s.exec(word) ?? []
    return name !== '' && isTold(value === '' ? (argv[at + 1] ?? '') : value) ? [name] : []
  })
  const variables = [...config.env].flatMap(([name, value]) => (isTold(value) ? [name] : []))
  return [...options, ...variables].flatMap((name) => {
    const words = name.toLowerCase().split(/[-_]/)
    const word = words.find((one) => one.length > 3 && !OF_ANYTHING.test(one))
    if (word === undefined) return []
    return /^conf(?:ig)?$/.test(word) ? [/co?n?fi?g|conf(?![a-z])/i] : [new RegExp(word, 'i')]
  })
}

/** What says nothing of what lies there. */
const OF_ANYTHING = /^(?:path|file|folder|directory|home|base|root|main|app\w*|work\w*)$/

const SOURCE = /\.(?:go|py|rs|[cm]?[jt]s|java|kt|cs|rb|php)$/
const OPENS_TO_WRITE = /\bO_(?:CREATE|WRONLY|RDWR|APPEND)\b|,\s{0,9}(?:mode\s{0,9}=\s{0,9})?["'][wax]/
const WRITES =
  /\b((?:os|ioutil)\.(?:WriteFile|Create|OpenFile|MkdirAll|Mkdir)|(?:fs\.)?(?:writeFile|mkdir|appendFile|outputFile|ensureDir)(?:Sync)?|createWriteStream|File::create|fs::(?:write|create_dir(?:_all)?)|os\.(?:mkdir|makedirs)|open|Files\.(?:write\w{0,20}|createDirector(?:y|ies)|newBufferedWriter)|file_put_contents|File\.(?:write|WriteAll\w{1,10})|FileUtils\.mkdir_p|Directory\.CreateDirectory)\(\s{0,40}([\w.>$:&[\]()-]{1,120})|(?<![\w.])([\w.]{1,120})\.(mkdir|write_text|write_bytes|touch)\(/g
