import type { MainConfig } from '../../catalogue/entry.ts'
import { argvOf } from '../command/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, parentOf } from '../places.ts'

/** The main configuration that is in force: the one that the command names, else the usual one. */
export function mainConfigOf(
  { file, program, option }: MainConfig,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): string {
  const named = new RegExp(String.raw`(?:^|[\s/])${program}\s(?:[^;&|]*\s)?${option}\s*["']?(/[^\s"';&|]+)`)
  return named.exec(argvOf(config).join(' '))?.[1] ?? file
}

/**
 * Whether a stock file is still read: not where the main configuration is the stage's own and does not speak of its folder.
 * `texts`: what the stage puts in.
 */
export function isIncluded(
  file: string,
  mainConfig: MainConfig | undefined,
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
  texts: ReadonlyMap<string, string>,
): boolean {
  if (mainConfig === undefined) return true
  const main = mainConfigOf(mainConfig, config)
  const text = texts.get(main)
  return main === file || text === undefined || speaksOf(text, parentOf(file))
}

/** Whether a main configuration may include what is in a folder: `include conf.d/*.conf`. Debian's read `…-enabled`. */
export function speaksOf(text: string, folder: string): boolean {
  return text.includes(baseName(folder).replace(/-available$/, '-enabled'))
}
