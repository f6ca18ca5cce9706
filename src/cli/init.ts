import { lstat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { HardenError } from '../errors.ts'
import { counted } from '../report/summary.ts'
import { discover } from '../workspace/discover.ts'
import { writeText } from '../workspace/files.ts'
import { configNames, configsFrom } from '../workspace/repository.ts'
import type { SettingName } from '../workspace/settings.ts'
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

/** All of them, so that nobody has to look up what there is: `# name: example` is YAML without its `# `. */
const SETTINGS: readonly (readonly [title: string, settings: Readonly<Partial<Record<SettingName, string>>>])[] = [
  [
    "Who it runs as. Left out: the image's own service account, else app (10001:10001).",
    { user: '"10001:10001"', arbitraryUid: 'true', preferVendor: 'true' },
  ],
  [
    'What that user may write: minimal (paths with evidence), workdir or copied; and paths beside those.',
    { own: 'minimal', writable: '[/var/lib/app]' },
  ],
  ['Ports below 1024: raise them where their configuration is known, or keep them.', { ports: 'keep' }],
  [
    'Transforms that must not run (harden-image transforms lists them), and offered fixes that may.',
    {
      ignore: '[raise-ports]',
      unsafe: 'false',
    },
  ],
  ['What the comments above added lines say: short, full or none.', { comments: 'short' }],
  ['Which findings end with exit code 1: failed, incomplete, unproved, changes or never.', { failOn: 'incomplete' }],
  [
    'How it is built: the context from this folder, arguments, the stage, the platform.',
    {
      context: '.',
      buildArg: '[VERSION=1]',
      target: 'runtime',
      platform: 'linux/amd64',
    },
  ],
  [
    'How it is proved: the engine, how many at a time, variables, capabilities of the original, the trace.',
    {
      engine: 'auto',
      offline: 'false',
      jobs: '4',
      env: '[LOG_LEVEL=info]',
      capAdd: '[NET_RAW]',
      minimize: 'false',
      trace: 'true',
    },
  ],
  [
    'Checks of your own, which original and result both have to pass.',
    {
      smoke: '[{ http: { port: 8080, path: /health } }]',
    },
  ],
]

/** `paths`: of the Dockerfiles, and `above`: of the configuration of a folder above (null: none), from the folder of the file. */
export function configurationFor(paths: readonly string[], above: string | null): string {
  const aside = [...new Set(paths.flatMap((path) => ASIDE.exec(path)?.[0] ?? []))].sort()
  const named = aside.length === 0 ? ['test/fixtures/'] : aside
  const about = `# harden-image: settings for this folder and all below it${paths.length === 0 ? '' : `, where ${counted(paths.length, 'Dockerfile')} ${paths.length === 1 ? 'is' : 'are'}`}.\n`
  const lists = [
    ...SETTINGS.map(([title, settings]) => [title, Object.entries(settings)] as const),
    ['Dockerfiles that are not looked at, as in .gitignore.', [['exclude', JSON.stringify(named)]]] as const,
  ]
  return [
    about,
    '# Take away the "# " before a setting to make it count; flags hold over it.\n',
    above === null ? '' : `# What is not said here, ${above} says.\n`,
    '\n## Nothing that the configurations of folders above say holds here.\n# root: true\n',
    ...lists.map(
      ([title, settings]) => `\n## ${title}\n${settings.map(([name, value]) => `# ${name}: ${value}\n`).join('')}`,
    ),
  ].join('')
}

/** What most likely nobody runs. */
const ASIDE = /^(?:[^/]+\/){0,5}?(?:tests?|fixtures|testdata|examples?)\//
