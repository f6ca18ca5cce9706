import type { Platform } from './facts.ts'

/** `OS/ARCH[/VARIANT]`, as `--platform` and Docker have it. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant ? { variant } : {}) }
}

/** As people write it; what is not known is left out. */
export function platformText({ os = '', architecture = '', variant }: Partial<Platform>): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}
