import { describe, expect, test } from '@jest/globals'
import { runTexts } from '../../src/contents/run-texts.ts'
import { shipped } from '../plan/shipped.ts'

const texts = (dockerfile: string): Record<string, string | null> => {
  const found: Record<string, string | null> = {}
  for (const step of shipped(dockerfile).steps)
    for (const { path, text, appended } of runTexts(step)) found[path] = appended ? `+${text}` : text
  return found
}

describe('texts that a RUN writes', () => {
  test.each([
    ['cat and a heredoc', "RUN cat <<'EOF' > /f\na $B\n  c\nEOF", 'a $B\n  c\n'],
    ['the heredoc first', 'RUN <<-"EOF" cat > /f && chmod +x /f\n\ta\nEOF', 'a\n'],
    ['escapes of an open heredoc', 'RUN cat > /f <<EOF\nexec "\\$@"\nEOF', 'exec "$@"\n'],
    ['tee', 'RUN tee /f <<EOF\na\nEOF', 'a\n'],
    ['printf', String.raw`RUN printf '#!/bin/sh\nexec a\n' > /f`, '#!/bin/sh\nexec a\n'],
    ['printf with lines', String.raw`RUN printf '%s\n' a 'b c' > /f`, 'a\nb c\n'],
    ['echo', "RUN echo 'a b' > /f", 'a b\n'],
    ['echo -e', String.raw`RUN echo -e 'a\nb' > /f`, 'a\nb\n'],
    ['at the end', "RUN echo 'a' >> /f", '+a\n'],
    ['a heredoc in a script', "RUN <<EOF\ncat > /f <<'END'\na\nEND\nEOF", 'a\n'],
    ['from a folder', 'WORKDIR /srv\nRUN cd app && echo a > f', undefined],
    ['what the build fills in', 'RUN cat > /f <<EOF\n$HOME\nEOF', null],
    ['a substitution', 'RUN echo "$(date)" > /f', null],
    ['what only some shells read as an escape', String.raw`RUN echo 'a\nb' > /f`, null],
    ['a file that is read as well', 'RUN cat /etc/a - <<EOF > /f\na\nEOF', null],
    ['under a condition', 'RUN [ -e /x ] && echo a > /f', null],
    ['one that is edited after it', 'RUN echo a > /f && sed -i s/a/b/ /f', null],
  ])('%s', (_, dockerfile, text) => {
    expect(texts(dockerfile)['/f']).toBe(text)
  })

  test('relative ones are in the folder of the moment', () => {
    expect(texts('WORKDIR /srv\nRUN cd app && echo a > f')).toEqual({ '/srv/app/f': 'a\n' })
  })
})

describe('files of an image that a RUN writes', () => {
  test('lines that are put at the end', () => {
    const { texts, entries, origins } = shipped('RUN echo a > /f && echo b >> /f && chmod 755 /f\nRUN echo c >> /f')
    expect(texts.get('/f')).toBe('a\nb\nc\n')
    expect(entries.get('/f')?.mode).toBe(0o755)
    expect(origins.get('/f')).toBe('/f')
  })

  test('nothing is known of one that the base image may have', () => {
    expect(shipped('RUN echo b >> /f').texts.has('/f')).toBe(false)
  })

  test('of one that a variable decides nothing is known any more', () => {
    expect(shipped('RUN echo a > /f\nRUN echo "$B" > /f').texts.has('/f')).toBe(false)
  })
})

describe('files that a RUN makes of others', () => {
  const START = 'COPY <<"EOF" /a\n#!/bin/sh\nls | grep a\nls b a\nEOF\n'
  const whole = '#!/bin/sh\nls | grep a\nls b a\n'

  test.each([
    ['cp', 'RUN cp /a /b', whole],
    ['cp into a folder by its slash', 'RUN cp /a /c/ && mv /c/a /b', whole],
    ['cp into a folder that is there', 'RUN mkdir -p /c\nRUN cp -p /a /c && mv /c/a /b', whole],
    ['mv', 'RUN mv /a /b && chmod +x /b', whole],
    ['install of what does it', 'RUN apk add dos2unix && dos2unix -n /a /b', whole],
    ['line ends', String.raw`RUN sed -i 's/\r$//' /a && cp /a /b`, whole],
    ['all of them', String.raw`RUN sed -i -e 's/\r//g' /a; cp /a /b`, whole],
    ['by tr', String.raw`RUN tr -d '\r' < /a > /b`, whole],
    ['a text in each line', "RUN sed 's/a/XX/' /a > /b", '#!/bin/sh\nls | grep XX\nls b XX\n'],
    ['a text wherever it stands', "RUN sed -i 's#l#L#g' /a && mv /a /b", '#!/bin/sh\nLs | grep a\nLs b a\n'],
    [
      'at the end of a line',
      "RUN sed 's/a$/$&/' /a > /b; sed 's/a$/$1/' /a > /b",
      '#!/bin/sh\nls | grep $1\nls b $1\n',
    ],
    ['a dot for any character', "RUN sed -e 's/b.n/q/' /a > /b", '#!/q/sh\nls | grep a\nls b a\n'],
  ])('%s', (_, run, text) => {
    expect(shipped(`${START}${run}`).texts.get('/b')).toBe(text)
  })

  test.each([
    ['under a condition', 'RUN [ -e /x ] && cp /a /b'],
    ['an expression that is not read', "RUN sed 's/a\\+/b/' /a > /b"],
    ['of what was changed before in a way that is not read', "RUN sed -i '/x/d' /a && cp /a /b"],
    ['changed after it', "RUN cp /a /b && sed -i '/x/d' /b"],
    ['in a loop', 'RUN for f in /a; do cp $f /b; done'],
    ['of what nobody has seen', 'RUN cp /usr/share/a /b'],
  ])('nothing is known of one: %s', (_, run) => {
    expect(shipped(`${START}${run}`).texts.has('/b')).toBe(false)
  })

  test('what is moved is there no more', () => {
    const { texts, entries, origins } = shipped(`${START}RUN mv /a /b`)
    expect([texts.has('/a'), entries.has('/a'), entries.has('/b'), origins.get('/b')]).toEqual([
      false,
      false,
      true,
      '/a',
    ])
  })

  test('what is edited while it is copied is not what it was', () => {
    expect(shipped(`${START}RUN cp /a /b && sed -i '/x/d' /a`).texts.has('/a')).toBe(false)
  })
})
