import type { Platform } from './facts.ts'

/** `OS/ARCH[/VARIANT]`, as `--platform` and Docker have it. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant ? { variant } : {}) }
}

/** What runs on the one runs on the other, as far as the variant allows. */
export function isAlike(platform: Partial<Platform> | undefined, { os, architecture }: Platform): boolean {
  return platform?.os === os && platform.architecture === architecture
}

/** As people write it; what is not known is left out. */
export function platformText({ os = '', architecture = '', variant }: Partial<Platform>): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}
