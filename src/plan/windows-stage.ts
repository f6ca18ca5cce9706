import type { Instruction, Stage } from '../dockerfile/index.ts'

/** By the name of its image, its platform, or what only Windows has: its shells and its accounts. */
export function isWindowsStage({ base, platform, instructions }: Stage, escapeChar: string): boolean {
  if (/^windows\b/i.test(platform ?? '')) return true
  if (base.kind === 'image' && isWindowsReference(base.reference)) return true
  if (base.kind === 'unresolved' && isWindowsReference(base.text)) return true
  return instructions.some((instruction) => isWindowsStep(instruction, escapeChar))
}

const DRIVE = /^["']?[A-Z]:[\\/]/i

function isWindowsStep({ keyword, text, json }: Instruction, escapeChar: string): boolean {
  const first = json?.[0]?.value ?? ''
  switch (keyword) {
    case 'SHELL':
      // pwsh runs on Linux as well.
      return /^(cmd|powershell)(\.exe)?$/i.test(first) || (escapeChar === '`' && /^pwsh(\.exe)?$/i.test(first))
    case 'USER':
      return /^"?Container(Administrator|User)"?$/i.test(text)
    case 'CMD':
    case 'ENTRYPOINT':
      // With a slash it is what OCaml's dune builds, on Linux too.
      return /^[^/]+\.exe$|\.(cmd|bat)$/i.test(first) || DRIVE.test(first)
    case 'RUN':
      return /^(powershell|choco)(\.exe)?\s/i.test(text)
    case 'VOLUME':
    case 'WORKDIR':
      return DRIVE.test(json === null ? text : first)
    default:
      return false
  }
}

/** Image names that only Windows has. Source: the repositories of mcr.microsoft.com and the tags of Docker Official Images. */
const WINDOWS =
  /(^|\/)mcr\.microsoft\.com\/windows(\/|:|@|$)|mcr\.microsoft\.com\/(dotnet\/framework|businesscentral)\/?|mcr\.microsoft\.com\/windows-|\w-windows(:|@|$)|(^|[/:_-])(windowsservercore|nanoserver|servercore)\b|^microsoft\/(iis|aspnet|windows\w*|nanoserver|dotnet-framework|mssql-server-windows\w*)(-|:|\/|$)/i

function isWindowsReference(reference: string): boolean {
  return WINDOWS.test(reference)
}
