import { basename } from 'node:path'
import { action } from './action.ts'
import { bake } from './bake.ts'
import { chartValues } from './chart-values.ts'
import { commands } from './commands.ts'
import { compose } from './compose.ts'
import { devcontainer } from './devcontainer.ts'
import { document } from './document.ts'
import { gitlab } from './gitlab.ts'
import { goreleaser } from './goreleaser.ts'
import { manifest } from './manifest.ts'
import type { Reader } from './run.ts'
import { skaffold } from './skaffold.ts'
import { workflow } from './workflow.ts'

/** The first that reads a file is the one. */
export const readers: readonly Reader[] = [
  compose,
  bake,
  action,
  skaffold,
  goreleaser,
  workflow,
  gitlab,
  devcontainer,
  commands,
  document,
  chartValues,
  manifest,
]

/** Null for a file that says nothing of images. */
export function readerOf(path: string): Reader | null {
  return readers.find(({ reads }) => reads(basename(path), path)) ?? null
}
