import { diff } from './diff.ts'
import { dockerfile } from './dockerfile.ts'
import type { Format } from './format.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { markdown } from './markdown.ts'
import { sarif } from './sarif.ts'
import { text } from './text.ts'

/** What `--format` offers, in the order of the help. */
export const formats: readonly Format[] = [diff, dockerfile, text, json, sarif, markdown, html]
