/** A path as a relative URI, slashes kept: a `#` or `?` in a name would end it, a `:` before its first `/` begin another. */
export function uriPath(path: string): string {
  // encodeURI throws at half of a surrogate pair.
  return encodeURI(path.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[#?:]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
