import { lstat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { HardenError } from '../errors.ts'
import { laidOut, line } from '../report/layout.ts'
import { counted } from '../report/summary.ts'
import { discover } from '../repository/discover.ts'
import { writeText } from '../repository/files.ts'
import { configNames, configsFrom } from '../repository/repository.ts'
import { groups, settingNames, settings } from '../repository/settings.ts'
import type { Io } from './io.ts'
import type { Init } from './request.ts'

/**
 * The verb `init`: a configuration for a folder and all below it, in which every setting stands as a comment. Never over one that
 * is there. Throws HardenError `unwritable`, `unreadable`.
 */
export async function init({ folder }: Init, { cwd, stdout }: Io): Promise<0> {
  const place = resolve(cwd, folder)
  const isFolder = (await lstat(place).catch(() => null))?.isDirectory() === true
  if (!isFolder)
    throw new HardenError('unreadable', `${folder} is no folder`, { hint: 'name the one that the settings are for' })
  for (const name of configNames) {
    const path = join(place, name)
    if ((await lstat(path).catch(() => null)) === null) continue
    const shown = relative(cwd, path)
    throw new HardenError('unwritable', `${shown} is there already`, { hint: 'change that one, or remove it first' })
  }
  const { found } = await discover([folder], cwd)
  const paths = found.flatMap(({ path, kind }) =>
    path === null || kind !== 'dockerfile' ? [] : [relative(place, path)],
  )
  const [name] = configNames
  const path = join(place, name)
  const shown = relative(cwd, path)
  const [above] = configsFrom(place)
  await writeText(path, shown, configurationFor(paths, above === undefined ? null : relative(place, above)))
  stdout.write(`wrote ${shown}, for ${counted(paths.length, 'Dockerfile')}; every setting in it is a comment still\n`)
  return 0
}

/** `paths`: of the Dockerfiles, and `above`: of the configuration of a folder above (null: none), from the folder of the file. */
export function configurationFor(paths: readonly string[], above: string | null): string {
  const aside = [...new Set(paths.flatMap((path) => ASIDE.exec(path)?.[0] ?? []))].sort()
  const named = aside.length === 0 ? ['test/fixtures/'] : aside
  const about = `# harden-image: settings for this folder and all below it${paths.length === 0 ? '' : `, where ${counted(paths.length, 'Dockerfile')} ${paths.length === 1 ? 'is' : 'are'}`}.\n`
  const partOf = ([group, title]: readonly [string, string]): string => {
    const own = settingNames.filter((name) => settings[name].group === group)
    const rows = own.map((name) => {
      const { help, example } = settings[name]
      const lines = laidOut([line('## ', help.replace(' (repeatable)', ''))], 100)
      const about = lines.map((one) => `${one.startsWith(' ') ? `## ${one.trim()}` : one}\n`).join('')
      return `${about}# ${name}: ${name === 'exclude' ? JSON.stringify(named) : example}\n`
    })
    return `\n## ${title.replace(':', '')}\n\n${rows.join('')}`
  }
  return [
    about,
    '# Take away the "# " before a setting to make it count; flags hold over it.\n',
    above === null ? '' : `# What is not said here, ${above} says.\n`,
    '\n## Nothing that the configurations of folders above say holds here.\n# root: true\n',
    ...Object.entries(groups).map(partOf),
  ].join('')
}

/** Folders whose images most likely nobody runs. */
const ASIDE = /^(?:[^/]+\/){0,5}?(?:tests?|fixtures|testdata|examples?)\//
