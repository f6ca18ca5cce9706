import { existsSync } from 'node:fs'
import { chmod, lstat, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellQuoted } from '../borders/shell.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { version } from '../report/report.ts'
import { readText, writeText } from '../repository/files.ts'
import type { Io } from './io.ts'
import type { Plugin } from './request.ts'

/** A file with this line may be replaced or removed by a later call. */
const MARK = '# docker harden, made by `harden-image plugin install`; `harden-image plugin remove` removes it.'

/** Of the docker CLI; what it shows of a plugin: https://github.com/docker/cli/blob/master/cli-plugins/metadata/metadata.go */
const METADATA = JSON.stringify({
  SchemaVersion: '0.1.0',
  Vendor: 'harden-image',
  Version: version,
  ShortDescription: 'Run containers as non-root, and prove that they still work',
})

/** The verb `plugin`: the file by which the docker CLI has `docker harden`. Throws HardenError `unwritable`. */
export async function plugin(action: Plugin['action'], { env, stdout }: Io): Promise<0> {
  const path = pluginFile(env)
  const old = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw new HardenError('unwritable', `${path} cannot be looked at: ${reasonOf(error)}`)
  })
  const isOurs = old?.isFile() === true && (await readText(path, path)).split('\n')[1] === MARK
  if (old !== null && !isOurs)
    throw new HardenError('unwritable', `${path} was left as it is: it is not from harden-image`, {
      hint: 'remove it yourself, if nothing needs it',
    })
  if (action === 'remove') {
    await rm(path, { force: true })
    stdout.write(old === null ? `there is no ${path}\n` : `removed ${path}\n`)
    return 0
  }
  const program = join(dirname(fileURLToPath(import.meta.url)), 'cli.js')
  if (!existsSync(program) || /[\\/]_npx[\\/]/.test(program))
    throw new HardenError('unwritable', `docker harden cannot stand on ${program}, which does not stay`, {
      hint: 'install it first: npm install --global harden-image',
    })
  await writeText(path, path, script(process.execPath, program))
  await chmod(path, 0o755)
  stdout.write(`wrote ${path}: docker harden --help\n`)
  return 0
}

/** Where the docker CLI looks first. */
function pluginFile({ DOCKER_CONFIG, HOME }: Io['env']): string {
  const config = DOCKER_CONFIG || (HOME ? join(HOME, '.docker') : '')
  if (config === '')
    throw new HardenError('unwritable', 'there is no folder for plugins: neither DOCKER_CONFIG nor HOME is set')
  return join(config, 'cli-plugins', 'docker-harden')
}

/**
 * Called as `docker-harden docker-cli-plugin-metadata`, as `docker-harden [flags of docker] harden ARGS`, and as
 * `docker-harden help harden` for `docker help harden`, by
 * https://github.com/docker/cli/blob/v24.0.0/docs/extend/cli_plugins.md. Which engine docker was told, the program is told by
 * the variables that it and docker share.
 */
function script(node: string, program: string): string {
  return `#!/bin/sh
${MARK}
if [ "\${1-}" = docker-cli-plugin-metadata ]; then
  echo ${shellQuoted(METADATA)}
  exit
fi
while [ $# -gt 0 ]; do
  case $1 in
    harden) shift; break ;;
    help) set -- --help; break ;;
    -H | --host) export DOCKER_HOST="$2"; shift 2 ;;
    --host=*) export DOCKER_HOST="\${1#*=}"; shift ;;
    -c | --context) unset DOCKER_HOST; export DOCKER_CONTEXT="$2"; shift 2 ;;
    --context=*) unset DOCKER_HOST; export DOCKER_CONTEXT="\${1#*=}"; shift ;;
    --config) export DOCKER_CONFIG="$2"; shift 2 ;;
    --config=*) export DOCKER_CONFIG="\${1#*=}"; shift ;;
    -l | --log-level) shift 2 ;;
    -D | --debug | --log-level=*) shift ;;
    *) echo "docker harden: $1 before harden is not passed on: set DOCKER_HOST or DOCKER_CONTEXT" >&2; exit 2 ;;
  esac
done
if ! [ -e ${shellQuoted(program)} ]; then
  echo "docker harden: harden-image is not at "${shellQuoted(program)}" any more: run harden-image plugin install again" >&2
  exit 2
fi
exec ${shellQuoted(node)} ${shellQuoted(program)} "$@"
`
}
