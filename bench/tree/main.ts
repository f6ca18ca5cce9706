// npm run bench:tree -- FOLDER [FILES]: a company's Dockerfiles, always the same ones, as a new user would try the command on; prints
// how many lines stderr has for a file of them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { dockerfileTree } from '../../test/support/many-dockerfiles.ts'

const FILES = 300
/** Lines of stderr for each file. */
const MOST_LINES = 1.3

export function main([folder, files = '']: readonly string[]): number {
  const cli = resolve('dist/cli.js')
  if (folder === undefined) throw new Error('name a folder for the files')
  if (!existsSync(cli)) throw new Error('there is no dist/cli.js: run npm run build first')
  const texts = dockerfileTree(Number(files) || FILES)
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { stderr } = spawnSync(process.execPath, [cli, '--engine', 'none', '--offline', '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  const lines = stderr.split('\n').length - 1
  const each = lines / Object.keys(texts).length
  console.log(
    `${Object.keys(texts).length} files, ${lines} lines on stderr, ${each.toFixed(2)} a file (at most ${MOST_LINES})`,
  )
  return each > MOST_LINES ? 1 : 0
}
