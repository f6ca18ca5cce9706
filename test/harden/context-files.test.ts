// Files of the build context that are changed where they are: `editable` says of which that may be done.
import { describe, expect, test } from '@jest/globals'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { contextOfTexts } from '../../src/contents/build-context.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { applyEdits } from '../../src/edit.ts'
import type { Hardened } from '../../src/report/report.ts'
import { transforms } from '../../transforms/index.ts'
import { type Case, pipelineCases, transformCases } from './support/cases.ts'
import { type FactsFile, knowledgeOf, policyOf } from './support/facts.ts'

/** A case with the texts of its heredocs in a build context, from which the COPY takes them. */
function withContext(text: string): { readonly text: string; readonly texts: ReadonlyMap<string, string> } {
  const dockerfile = parseDockerfile(text)
  const texts = new Map<string, string>()
  const edits = dockerfile.stages.flatMap(({ instructions }) =>
    instructions.flatMap(({ keyword, heredocs, lines, words, flags }) => {
      const [heredoc, ...more] = heredocs
      if (keyword !== 'COPY' || heredoc === undefined || more.length > 0 || words.length !== 2) return []
      const origin = `files/${texts.size}/${heredoc.name}`
      texts.set(origin, heredoc.content)
      const written = flags.map(({ name, value }) => `--${name}=${value} `).join('')
      return [{ start: lines.start, end: lines.end, text: `COPY ${written}${origin} ${words[1]?.text}\n` }]
    }),
  )
  return { text: applyEdits(text, edits), texts }
}

/** With all files of the context for such as may be changed. */
function hardened(text: string, facts: FactsFile, texts: ReadonlyMap<string, string>): Hardened {
  const dockerfile = parseDockerfile(text)
  const policy = policyOf(facts)
  const knowledge = knowledgeOf(facts, dockerfile)
  const context = { ...contextOfTexts(texts), partial: false }
  const editable = new Map([...texts.keys()].map((path) => [path, path]))
  const stages = stageInputs(dockerfile, policy, { ...knowledge, context, editable })
  return hardenDockerfile({ target: 'Dockerfile', kind: 'dockerfile', dockerfile, stages, policy, transforms })
}

const changing = [...transformCases(), ...pipelineCases()]
  .map((one) => {
    const { text, texts } = withContext(one.before)
    return { one, text, result: hardened(text, one.facts, texts) }
  })
  .filter(({ result }) => result.files.length > 0)

test('some cases change files of their context', () => {
  expect(changing.length).toBeGreaterThan(20)
})

describe.each(changing.map(({ one, text, result }) => [one.path, one, text, result] as const))(
  '%s',
  (_, one: Case, text, result) => {
    test('leaves no RUN that edits what is changed itself', () => {
      const paths = result.plan.stages.flatMap(({ decisions }) =>
        decisions.flatMap((each) =>
          each.kind === 'edit-file' && each.value.inContext !== undefined ? [each.value.path] : [],
        ),
      )
      const added = result.result.output.split('\n').filter((line) => !text.includes(line))
      for (const path of paths)
        expect(added.filter((line) => /\bsed -i\b/.test(line) && line.endsWith(path))).toEqual([])
    })

    test('a second run changes nothing more', () => {
      const texts = new Map(result.files.map(({ origin, after }) => [origin, after]))
      const again = hardened(result.result.output, one.facts, texts)
      expect(again.files).toEqual([])
      expect(again.result.output).toBe(result.result.output)
    })
  },
)

const NGINX = new Map(
  Object.entries({
    'nginx.conf': '# ours\nuser www-data;\n\npid /run/nginx.pid;\n\nevents {}\nhttp { server { listen 8080; } }\n',
    'start.sh': '#!/bin/sh\nset -e\nchown -R app /data\n\nexec gosu app nginx\n',
  }),
)
const TEXT = `FROM nginx:1.27
RUN apt-get update && apt-get install -y gosu && useradd -u 900 app
COPY --chown=root:root nginx.conf /etc/nginx/nginx.conf
COPY start.sh /start.sh
RUN chmod +x /start.sh
VOLUME /data
ENTRYPOINT ["/start.sh"]
`

test('whole lines go, comments stay, and no second empty line is left', () => {
  const { files } = hardened(TEXT, {}, NGINX)
  const after = new Map(files.map((file) => [file.origin, file.after]))
  expect(after.get('start.sh')).toBe('#!/bin/sh\nset -e\n[ "$(id -u)" != 0 ] || chown -R app /data\n\nexec nginx\n')
  expect(after.get('nginx.conf')).not.toMatch(/^user|\n\n\n/m)
  expect(after.get('nginx.conf')).toMatch(/^# ours\n/)
})

test('a finding about a file names it and its line', () => {
  const { result } = hardened(TEXT, {}, NGINX)
  const found = result.findings.filter(({ file }) => file !== undefined)
  expect(found.map(({ file, line }) => [file, line])).toEqual(
    expect.arrayContaining([
      ['start.sh', 3],
      ['nginx.conf', 2],
    ]),
  )
  expect(result.files?.map(({ path, changed }) => [path, changed])).toEqual(
    expect.arrayContaining([['start.sh', true]]),
  )
})

test('what a proof builds of the old context has the new texts right behind their COPY, with owner and mode', () => {
  const { selfContained, result } = hardened(TEXT, {}, NGINX)
  expect(result.output).not.toMatch(/sed -i|<<EOF/)
  const lines = selfContained.split('\n')
  const at = lines.indexOf('COPY --chown=root:root nginx.conf /etc/nginx/nginx.conf')
  expect(lines[at + 1]).toMatch(/^COPY --chown=root:root --chmod=0644 <<"?'?\w+"?'? \/etc\/nginx\/nginx\.conf$/)
  expect(lines.indexOf('exec nginx')).toBeGreaterThan(at)
})

test('a file that a RUN has changed since is edited by a RUN', () => {
  const text = TEXT.replace('RUN chmod +x /start.sh', "RUN sed -i 's/set -e/set -eu/' /start.sh")
  const { files, result } = hardened(text, {}, NGINX)
  expect(files.map(({ origin }) => origin)).not.toContain('start.sh')
  expect(result.output).toContain('/start.sh')
})

test('a change that a comment leaves out changes no file', () => {
  const { files } = hardened(TEXT.replace('FROM', '# harden-image ignore=skip-step-down reason=ours\nFROM'), {}, NGINX)
  expect(files.map(({ origin }) => origin)).not.toContain('start.sh')
})

test('a file that a RUN edits in a way that is not followed is edited by a RUN too', () => {
  const text = TEXT.replace('RUN chmod +x /start.sh', "RUN sed -i 's/set -e/set -u/; s/exec/exec /' /start.sh")
  const { files } = hardened(text, {}, NGINX)
  expect(files.map(({ origin }) => origin)).not.toContain('start.sh')
})

test('a file that is copied twice is edited by a RUN', () => {
  const text = TEXT.replace('RUN chmod', 'COPY start.sh /other.sh\nRUN chmod')
  const { files } = hardened(text, {}, NGINX)
  expect(files.map(({ origin }) => origin)).not.toContain('start.sh')
})
