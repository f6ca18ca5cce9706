import { argvOf } from '../command/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { normalisePath } from '../places.ts'

/** The configuration with the folder that the program really starts in: `cd /srv/app && exec node server.js`. */
export function startedIn(config: ImageConfig): ImageConfig {
  const text = argvOf(config).find((word) => /\s/.test(word)) ?? ''
  const [, folder] = /^\s*(?:set\s+-\w+\s*(?:&&|;)\s*)?cd\s+["']?([\w./-]+)["']?\s*(?:&&|;)/.exec(text) ?? []
  const workdir = folder === undefined ? null : normalisePath(folder, config.workdir || '/')
  return workdir === null ? config : { ...config, workdir }
}
