/** The paths that lines of a Dockerfile give to somebody, or open; variables that it sets itself are filled in. */
export function givenIn(output: string): readonly string[] {
  const set = [...output.matchAll(/^(?:ENV|ARG) (\w+)[= ](\S+)/gm)]
  const written = set.reduce(
    (text, [, name = '', value = '']) =>
      text.replaceAll(`"$${name}`, `"${value}`).replaceAll(`"\${${name}}`, `"${value}`),
    output,
  )
  const commands = written
    .split('\n')
    .flatMap(
      (line) =>
        line.match(
          /(chown|chgrp|chmod (?!go\+x|0?[0-7]*[0-5][15]\b)|touch|mkdir|install -d|COPY (?:\S+ )*--chown) [^&|;]*/g,
        ) ?? [],
    )
  return commands
    .flatMap((command) => command.match(/(?<=\s)['"]?\/[^\s'"]*/g) ?? [])
    .map((word) => word.replace(/^['"]/, ''))
}
