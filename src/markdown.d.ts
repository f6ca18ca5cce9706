declare module '*.md' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: so bundlers give the text of a file
  export default text
}
