/** What has a meaning in GitHub's Markdown, where it stands within a line. */
const marks = /[\\`*_[\]|~$]/g

/**
 * Text for a paragraph, a list or a cell of GitHub's Markdown: no markup, no link, no mention, and no line of its own.
 * Mentions, references and addresses are looked for in the rendered text, so an entity does not hide them: an empty
 * comment parts them, and is gone when the text is copied.
 */
export function markdownText(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(marks, entity)
    .replace(/(?<!&)#|@/g, (mark) => `${entity(mark)}${PART}`)
    .replace(/:(?=\/\/)|www(?=\.)|GH(?=-\d)/gi, (mark) => `${mark}${PART}`)
    .replace(/^(?:[-+](?=\s|$)|\d+(?=[.)](?:\s|$))|[-=](?=[-=\s]+$))/, (mark) => [...mark].map(entity).join(''))
}

function oneLine(text: string): string {
  return text.replace(/(?<!\s)\s*\n\s*/g, ' ').trim()
}

const PART = '<!-- -->'

function entity(mark: string): string {
  return `&#${mark.charCodeAt(0)};`
}

/** A code span: nothing in it is looked at. `cell`: of a table, which a bar would end. */
export function markdownCode(text: string, where: 'line' | 'cell' = 'line'): string {
  const line = oneLine(text)
  // One with quotes of its own, or blanks that a span would lose, is an element.
  if (line === '' || line.trim() !== line || line.includes('`')) return element(line)
  if (where === 'line' || !line.includes('|')) return `\`${line}\``
  return line.includes('\\') ? element(line) : `\`${line.replaceAll('|', '\\|')}\``
}

function element(line: string): string {
  return `<code>${markdownText(line)}</code>`
}

/** A block of code, whose fence is longer than any in the text. */
export function markdownBlock(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`
}
