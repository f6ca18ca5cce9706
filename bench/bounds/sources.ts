import type { ContextEntry } from '../../src/contents/build-context.ts'
import { lines } from './dockerfiles.ts'
import type { Input } from './input.ts'
import { plan } from './repositories.ts'

/** A program's own file, of any size up to the largest that is read. */
interface Language {
  readonly file: string
  /** In the stage that has it. */
  readonly start: string
  readonly head: string
  /** Ends a statement. */
  readonly end: string
  readonly comment: string
  readonly quotes: readonly string[]
  /** `const` and the like before a name, and what follows it. */
  readonly constant: readonly [string, string]
  /** Calls that write, up to their bracket. */
  readonly calls: readonly string[]
  readonly join: string
  readonly ask: string
  readonly bring: (i: number) => string
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  Python: {
    file: 'app.py',
    start: 'CMD ["python3", "/srv/app.py"]',
    head: 'import os\n',
    end: '',
    comment: '#',
    quotes: ['"', "'", '"""'],
    constant: ['', ' = '],
    calls: [
      'os.makedirs(',
      'open(',
      'sqlite3.connect(',
      'RotatingFileHandler(',
      'os.replace(',
      'subprocess.run(',
      'shutil.rmtree(',
    ],
    join: 'os.path.join(',
    ask: 'os.getenv("A",',
    bring: (i) => `from a${i} import B${i}`,
  },
  JavaScript: {
    file: 'app.js',
    start: 'CMD ["node", "/srv/app.js"]',
    head: "const fs = require('fs')\n",
    end: ';',
    comment: '//',
    quotes: ['"', "'", '`'],
    constant: ['const ', ' = '],
    calls: [
      'fs.mkdirSync(',
      'fs.writeFileSync(',
      'fs.renameSync(',
      'new Database(',
      'execFile(',
      'fs.rmSync(',
      'multer({ dest:',
    ],
    join: 'path.join(',
    ask: '(process.env.A || ',
    bring: (i) => `const { b${i} } = require('./a${i}')`,
  },
  Go: {
    file: 'main.go',
    start: 'WORKDIR /srv\nRUN go build -o /app .\nCMD ["/app"]',
    head: 'package main\n',
    end: '',
    comment: '//',
    quotes: ['"', '`'],
    constant: ['const ', ' = '],
    calls: ['os.Create(', 'os.MkdirAll(', 'os.Rename(', 'exec.Command(', 'flag.StringVar(&a, "data-dir",'],
    join: 'filepath.Join(',
    ask: 'getEnvOr("A",',
    bring: (i) => `import "a/b${i}"`,
  },
  Rust: {
    file: 'src/main.rs',
    start: 'WORKDIR /srv\nRUN cargo build\nCMD ["/srv/target/debug/a"]',
    head: '',
    end: ';',
    comment: '//',
    quotes: ['"', 'r#"', "b'"],
    constant: ['const ', ': &str = '],
    calls: ['File::create(', 'fs::create_dir_all(', 'fs::rename(', 'Connection::open('],
    join: 'Path::new(',
    ask: 'env::var("A").unwrap_or(',
    bring: (i) => `#[cfg(test)]\nmod a${i};`,
  },
  PHP: {
    file: 'index.php',
    start: 'CMD ["php", "/srv/index.php"]',
    head: '<?php\n',
    end: ';',
    comment: '//',
    quotes: ['"', "'"],
    constant: ['const ', ' = '],
    calls: ['mkdir(', 'file_put_contents(', 'move_uploaded_file(', 'unlink(', 'exec('],
    join: 'realpath(',
    ask: 'getenv("A",',
    bring: (i) => `require 'a${i}.php';`,
  },
  'C#': {
    file: 'Program.cs',
    start: 'CMD ["dotnet", "/srv/App.dll"]',
    head: '',
    end: ';',
    comment: '//',
    quotes: ['"', '@"', '$"'],
    constant: ['const string ', ' = '],
    calls: ['File.Create(', 'Directory.CreateDirectory(', 'File.Move(', 'new StreamWriter('],
    join: 'Path.Combine(',
    ask: 'GetEnvOr("A",',
    bring: (i) => `using A.B${i};`,
  },
  Java: {
    file: 'App.java',
    start: 'CMD ["java", "-jar", "/srv/app.jar"]',
    head: '',
    end: ';',
    comment: '//',
    quotes: ['"'],
    constant: ['static final String ', ' = '],
    calls: ['Files.createDirectories(', 'Files.write(', 'new FileWriter(', 'Files.move(', 'new File('],
    join: 'Paths.get(',
    ask: 'System.getenv().getOrDefault("A",',
    bring: (i) => `import a.B${i};`,
  },
  Ruby: {
    file: 'app.rb',
    start: 'CMD ["ruby", "/srv/app.rb"]',
    head: '',
    end: '',
    comment: '#',
    quotes: ['"', "'"],
    constant: ['', ' = '],
    calls: ['FileUtils.mkdir_p(', 'File.write(', 'File.open(', 'FileUtils.rm_rf(', 'system('],
    join: 'File.join(',
    ask: "ENV.fetch('A',",
    bring: (i) => `require 'a${i}'`,
  },
  Perl: {
    file: 'app.pl',
    start: 'CMD ["perl", "/srv/app.pl"]',
    head: '',
    end: ';',
    comment: '#',
    quotes: ['"', "'"],
    constant: ['my $', ' = '],
    calls: ['mkdir(', 'make_path(', "open(my $f, '>',", 'unlink(', 'system('],
    join: 'join(',
    ask: '($ENV{A} // ',
    bring: (i) => `use A${i};`,
  },
  Lua: {
    file: 'app.lua',
    start: 'CMD ["lua", "/srv/app.lua"]',
    head: '',
    end: '',
    comment: '--',
    quotes: ['"', "'"],
    constant: ['local ', ' = '],
    calls: ['io.open(', 'lfs.mkdir(', 'os.execute("mkdir " ..', 'os.rename('],
    join: 'join(',
    ask: '(os.getenv("A") or ',
    bring: (i) => `require "a${i}"`,
  },
  Elixir: {
    file: 'lib/app.ex',
    start: 'CMD ["elixir", "/srv/lib/app.ex"]',
    head: '',
    end: '',
    comment: '#',
    quotes: ['"', "'"],
    constant: ['@', ' '],
    calls: ['File.mkdir_p!(', 'File.write!(', 'File.rename('],
    join: 'Path.join(',
    ask: 'System.get_env("A",',
    bring: (i) => `alias A.B${i}`,
  },
  C: {
    file: 'app.c',
    start: 'RUN cc -o /app /srv/app.c\nCMD ["/app"]',
    head: '',
    end: ';',
    comment: '//',
    quotes: ['"', "'"],
    constant: ['const char *', ' = '],
    calls: ['mkdir(', 'fopen(', 'rename(', 'open('],
    join: 'join(',
    ask: '(getenv("A") ? getenv("A") : ',
    bring: (i) => `#include "a${i}.h"`,
  },
}

/** What one file may say many times over, or without an end. */
function shapesOf(one: Language): readonly (readonly [name: string, text: (n: number) => string])[] {
  const { calls, end, comment, quotes, constant, join, ask, bring } = one
  const [before, is] = constant
  const of = (i: number): string => calls[i % calls.length] ?? ''
  return [
    ...calls.flatMap((call): readonly (readonly [string, (n: number) => string])[] => [
      [`${call} of a path each`, (n) => lines(n, (i) => `${call}"/srv/data/d${i}")${end}`)],
      [`${call} of a name each`, (n) => lines(n, (i) => `${call}name${i}, "w")${end}`)],
      [
        `${call} of one name`,
        (n) => `${before}data${is}"/srv/data"${end}\n${lines(n, () => `${call}data, "w")${end}`)}`,
      ],
      [`${call} of joined names`, (n) => lines(n, (i) => `${call}${join}DATA, "x${i}", name), "w")${end}`)],
      [`${call} in one another`, (n) => `${call.repeat(n)}"/srv/x"${')'.repeat(n)}${end}`],
      [`${call} that never end`, (n) => call.repeat(n)],
      [`${call} in one line`, (n) => `${call}"/srv/x", "w")${end === '' ? ' ' : end} `.repeat(n)],
      [`${call} with a long join`, (n) => `${call}${join}${'"a", '.repeat(n)}"b"))${end}`],
      [`${call} with a long sum`, (n) => `${call}${'"a" + '.repeat(n)}"b")${end}`],
      [`${call} in comments`, (n) => lines(n, () => `${comment} ${call}"/srv/x")`)],
      [`${call} of methods`, (n) => `a${'.b().mkdir()'.repeat(n)}${call}"x")`],
    ]),
    ['constants', (n) => lines(n, (i) => `${before}a${i}${is}"/srv/d${i}"${end}`)],
    [
      'constants that are used',
      (n) => lines(n, (i) => `${before}a${i}${is}"/srv/d${i}"${end}\n${of(i)}a${i}, "w")${end}`),
    ],
    [
      'constants of the one before',
      (n) => `${lines(n, (i) => `${before}a${i}${is}a${i - 1} + "/x"${end}`)}\n${of(0)}a${n - 1})`,
    ],
    ['constants in one line', (n) => `${before}a0${is}"b"; ${'a = "b"; '.repeat(n)}`],
    [
      'a constant that is set again',
      (n) => lines(n, (i) => `${before}dir${is}"/srv/d${i}"${end}\n${of(i)}dir, "w")${end}`),
    ],
    ['defaults of variables', (n) => lines(n, () => `${of(0)}${ask} "/srv/x"))${end}`)],
    ['defaults in one another', (n) => `${of(0)}${ask.repeat(n)}"/srv/x"${')'.repeat(n)})${end}`],
    ['what it brings in', (n) => lines(n, bring)],
    ['what it brings in and uses', (n) => lines(n, (i) => `${bring(i)}\n${of(i)}b${i}, "w")${end}`)],
    ['loops', (n) => lines(n, (i) => `for d in (A${i}, B): ${of(i)}d)${end}`)],
    ['branches', (n) => lines(n, (i) => `if x:\n  d = "/srv/a${i}"\nelse:\n  d = "/srv/b"\n${of(i)}d)${end}`)],
    [
      'functions',
      (n) =>
        lines(n, (i) => `def f${i}(self, path="/srv/d${i}"):\n  self.folder = path\n  ${of(i)}self.folder, "w")${end}`),
    ],
    ['functions of a test', (n) => lines(n, (i) => `#[cfg(test)]\nfn t${i}() { ${of(i)}"/srv/x")${end} }`)],
    ['home', (n) => lines(n, (i) => `${before}h${i}${is}home_dir()${end}\n${of(i)}h${i}, "w")${end}`)],
    ['a template', (n) => `${of(0)}\`${`\${a}`.repeat(n)}\`)`],
    ...['(', '[', '{'].flatMap((open): readonly (readonly [string, (n: number) => string])[] => [
      [`${open} that never end`, (n) => `${of(0)}${open.repeat(n)}`],
      [`lines of ${open}`, (n) => lines(n, () => open)],
      [`#${open} that never end`, (n) => lines(n, () => `#${open}test`)],
      [`a constant of ${open}`, (n) => `${before}a${is}${open.repeat(n)}`],
    ]),
    ...quotes.flatMap((quote): readonly (readonly [string, (n: number) => string])[] => [
      [`${quote} that never ends`, (n) => lines(n, () => `${of(0)}${quote}/srv/x`)],
      [`one ${quote} that never ends`, (n) => `${of(0)}${quote}${'a'.repeat(n)}`],
      [`a long ${quote}`, (n) => `${of(0)}${quote}${'/a'.repeat(n)}${quote.at(-1)})`],
      [`many ${quote}`, (n) => `${of(0)}${quote.repeat(n)}`],
    ]),
    ['blanks', (n) => `${of(0)}${' '.repeat(n)}`],
    ['blank lines', (n) => `${of(0)}${'\n'.repeat(n)}`],
    ['tabs before a name', (n) => `${'\t'.repeat(n)}a = "b"`],
    ['a long name', (n) => `${of(0)}${'a'.repeat(n)})`],
    ['a long name of parts', (n) => `${of(0)}${'a.'.repeat(n)}b)`],
    ['words', (n) => 'const '.repeat(n)],
    ['commas', (n) => `${of(0)}${'a,'.repeat(n)})`],
    ['signs', (n) => `${before}a ${'= '.repeat(n)}`],
    ['colons', (n) => `${before}a${': '.repeat(n)}= "b"`],
    ['semicolons', (n) => `${before}a${is}${';'.repeat(n)}`],
    ['a packed program', (n) => `var a${'="b/c";function d(){return e("/srv/f")}var a'.repeat(n)}`],
  ]
}

/** The largest source that is read: src/repository/context.ts. */
const LARGEST = 512 * 1024

export const sources: readonly Input[] = Object.entries(LANGUAGES).flatMap(([language, one]) =>
  [...new Map(shapesOf(one))].map(([shape, make]): Input => {
    const filesOf = (n: number): Readonly<Record<string, string>> => ({
      Dockerfile: `FROM debian\nCOPY . /srv/\n${one.start}\n`,
      [one.file]: `${one.head}${make(n)}\n`,
      ...(language === 'Rust' ? { 'Cargo.toml': '[package]\nname = "a"\n' } : {}),
      ...(language === 'Go' ? { 'go.mod': 'module a/b\n' } : {}),
    })
    return {
      name: `${language}: ${shape}`,
      most: LARGEST,
      files: filesOf,
      prepare: (n) => {
        const { Dockerfile = '', ...files } = filesOf(n)
        return { bytes: (files[one.file] ?? '').length, work: () => plan(Dockerfile, entriesOf(files)) }
      },
    }
  }),
)

/** As many files of that size as are read of one build context. */
const MOST_FILES = 47

/** A repository full of the largest sources, which is only interrupted: of equal texts what is kept would be measured. */
export const manySources = Object.entries(LANGUAGES).map(([language, one]) => {
  const [folder, name] = [
    one.file.slice(0, one.file.lastIndexOf('/') + 1),
    one.file.slice(one.file.lastIndexOf('/') + 1),
  ]
  const text = (n: number): string =>
    `${one.head}${lines(n, (i) => `${one.constant[0]}a${i}${one.constant[1]}"/usr/lib/d${i}"${one.end}\n${one.calls[i % one.calls.length] ?? ''}a${i}, "w")${one.end}`)}\n`
  const files = (n: number): Readonly<Record<string, string>> => ({
    Dockerfile: `FROM debian\nCOPY . /srv/\n${one.start}\n`,
    [one.file]: text(n),
    ...Object.fromEntries(Array.from({ length: MOST_FILES }, (_, i) => [`${folder}m${i}_${name}`, text(n)])),
  })
  return { name: `${language}: many files`, most: LARGEST, files }
})

export function entriesOf(files: Readonly<Record<string, string>>): ReadonlyMap<string, ContextEntry> {
  return new Map(
    Object.entries(files).flatMap(([path, text]): readonly (readonly [string, ContextEntry])[] => [
      ...(path.includes('/')
        ? [
            [
              path.slice(0, path.indexOf('/')),
              { type: 'directory', mode: 0o755, size: 0, link: null, text: null },
            ] as const,
          ]
        : []),
      [path, { type: 'file', mode: 0o644, size: text.length, link: null, text }],
    ]),
  )
}
