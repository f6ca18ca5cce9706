import type { Platform } from './facts.ts'

/** `OS/ARCH[/VARIANT]`, as `--platform` and Docker have it. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant ? { variant } : {}) }
}

/** It is not what was asked for, whatever the variant; nothing is asked for with null. */
export function isOfOther({ os, architecture }: Platform, asked: string | null): boolean {
  if (asked === null) return false
  const wanted = parsePlatform(asked)
  return wanted.os !== os || wanted.architecture !== architecture
}

/** As people write it; what is not known is left out. */
export function platformText({ os = '', architecture = '', variant }: Partial<Platform>): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}
