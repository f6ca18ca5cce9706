import type { Platform } from '../image/facts.ts'

/** What the build is told from outside. */
export interface BuildGiven {
  /** `--build-arg`, for the ARGs that are declared. */
  readonly args: ReadonlyMap<string, string>
  /** What the platform arguments say in FROM lines. In a stage they stay undecided: the same file is built for others. */
  readonly platformArgs: ReadonlyMap<string, string>
}

const nothing: ReadonlyMap<string, string> = new Map()
export const nothingGiven: BuildGiven = { args: nothing, platformArgs: nothing }

/** What the platform arguments are in a build on `own` for `target`; an empty VARIANT where there is none. */
export function platformArguments(own: Platform, target: Platform): ReadonlyMap<string, string> {
  return new Map([...argumentsOf('BUILD', own), ...argumentsOf('TARGET', target)])
}

function argumentsOf(prefix: string, platform: Platform): readonly (readonly [string, string])[] {
  const { os, architecture } = platform
  const variant = normalVariant(platform)
  return [
    [`${prefix}PLATFORM`, [os, architecture, variant].filter(Boolean).join('/')],
    [`${prefix}OS`, os],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ]
}

/** As containerd's `platforms.Normalize` has it. */
function normalVariant({ architecture, variant = '' }: Platform): string {
  if (architecture === 'arm' && variant === '') return 'v7'
  return architecture === 'arm64' && variant === 'v8' ? '' : variant
}

/** Set by BuildKit in the scope of FROM lines; in a stage once an ARG asks for them. */
export const platformArgs = ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].flatMap((name) => [
  `BUILD${name}`,
  `TARGET${name}`,
])
