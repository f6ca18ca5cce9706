import type { Profile } from './profile.ts'

/** The text names the image that was asked about, or what takes its place. */
export function sameImage(image: unknown, { image: { original, name } }: Profile): boolean {
  if (typeof image !== 'string') return false
  const text = withDefaults(image)
  return [name, ...(original === null ? [] : [original])].some((one) => isMeant(text, one))
}

/** Compose puts `${TAG}` in from the environment; a tag that only that knows may be any. */
function isMeant(text: string, name: string): boolean {
  const [, path] = /^([^$]+):\$(?:\w+|\{[^}]*\})$/.exec(text) ?? []
  if (path === undefined) return familiar(text) === familiar(name)
  return familiar(path) === familiar(name.replace(/(?<![:@][^/]*?)[:@][^/]*$/, ''))
}

/** `${TAG:-1}` is 1 where nobody sets it. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:?-([^${}]*)\}/g, '$1')
}

/** `nginx`, `nginx:latest` and `docker.io/library/nginx` are one. */
function familiar(image: string): string {
  const short = image.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  return /[:@]/.test(short.slice(short.lastIndexOf('/') + 1)) ? short : `${short}:latest`
}
