import type { Instruction, Stage } from '../dockerfile/index.ts'
import { isWindowsReference } from '../image/windows.ts'

/** By the name of its image, its platform, or what only Windows has: its shells and its accounts. */
export function isWindowsStage({ base, platform, instructions }: Stage, escapeChar: string): boolean {
  if (/^windows\b/i.test(platform ?? '')) return true
  if (base.kind === 'image' && isWindowsReference(base.reference)) return true
  if (base.kind === 'unresolved' && isWindowsReference(base.text)) return true
  return instructions.some((instruction) => isWindowsStep(instruction, escapeChar))
}

function isWindowsStep({ keyword, text, json }: Instruction, escapeChar: string): boolean {
  if (keyword === 'SHELL') return escapeChar === '`' && /^(cmd|powershell|pwsh)(\.exe)?$/i.test(json?.[0]?.value ?? '')
  if (keyword === 'USER') return /^"?Container(Administrator|User)"?$/i.test(text)
  return false
}
