import { expect, test } from '@jest/globals'
import { sourceFolders } from '../../src/evidence/source-folders.ts'

const about = { workdir: '/app', env: new Map<string, string>() }
const found = (file: string, text: string) => [
  ...new Set(sourceFolders(`/app/src/${file}`, text, about).map(({ path, line }) => `${path} ${line}`)),
]

const PY = 'CACHE = os.environ.get("CACHE", "/var/cache/x")\nIN = "/srv/in"\n'
const JS = "const CACHE = process.env.CACHE || '/var/cache/x'\n"

test.each<[file: string, text: string, found: readonly string[]]>([
  // Another program is given the name of a file there.
  ['a.py', `${PY}subprocess.run(["convert", src, os.path.join(CACHE, name)], check=True)`, ['/var/cache/x 3']],
  [
    'a.py',
    `${PY}def f(name):\n    path = os.path.join(CACHE, name)\n    if not os.path.exists(path):\n        subprocess.run(["convert", os.path.join(IN, name), path])`,
    ['/srv/in 6', '/var/cache/x 6'],
  ],
  ['a.py', `${PY}os.system(f"convert {src} {CACHE}/{name}.png")`, ['/var/cache/x 3']],
  ['a.py', `${PY}subprocess.check_call(["git", "gc"], cwd=os.path.join(IN, repo))`, ['/srv/in 3']],
  ['a.js', `${JS}execFile('convert', [src, path.join(CACHE, id)], done)`, ['/var/cache/x 2']],
  ['a.js', `${JS}execSync(\`convert \${src} \${CACHE}/\${id}.png\`)`, ['/var/cache/x 2']],
  ['a.js', `${JS}spawn('git', ['pull'], { cwd: CACHE })`, ['/var/cache/x 2']],
  ['a.rb', "OUT = ENV.fetch('OUT', '/srv/out')\nsystem('convert', src, File.join(OUT, name))", ['/srv/out 2']],
  ['a.rb', 'OUT = \'/srv/out\'\nsystem("convert #{src} #{OUT}/#{name}")', ['/srv/out 2']],
  [
    'a.php',
    "<?php\n$dir = '/srv/out';\nexec('convert ' . escapeshellarg($src) . ' ' . escapeshellarg($dir . '/' . $n));",
    ['/srv/out 3'],
  ],
  ['a.php', '<?php\n$dir = "/srv/out";\n$to = "$dir/$n.png";\nshell_exec("convert $src $to");', ['/srv/out 4']],
  ['a.go', 'dir := "/srv/out"\ncmd := exec.Command("convert", src, filepath.Join(dir, name))', ['/srv/out 2']],
  ['a.pl', "my $dir = $ENV{OUT} // '/srv/out';\nsystem('convert', $src, \"$dir/$n\");", ['/srv/out 2']],
  // What is there is removed.
  [
    'a.py',
    `${PY}for entry in os.scandir(CACHE):\n    if old(entry):\n        os.unlink(entry.path)`,
    ['/var/cache/x 5'],
  ],
  ['a.py', `${PY}for f in os.listdir(CACHE):\n    os.remove(os.path.join(CACHE, f))`, ['/var/cache/x 4']],
  [
    'a.py',
    `${PY}for root, dirs, files in os.walk(CACHE):\n    for f in files:\n        os.remove(os.path.join(root, f))`,
    ['/var/cache/x 5'],
  ],
  ['a.py', 'CACHE = Path("/var/cache/x")\nfor p in CACHE.glob("*.png"):\n    p.unlink()', ['/var/cache/x 3']],
  ['a.py', `${PY}shutil.rmtree(os.path.join(CACHE, name), ignore_errors=True)`, ['/var/cache/x 3']],
  ['a.js', `${JS}for (const f of fs.readdirSync(CACHE)) fs.unlinkSync(path.join(CACHE, f))`, ['/var/cache/x 2']],
  ['a.js', `${JS}const dir = path.join(CACHE, id)\nawait fs.rm(dir, { recursive: true })`, ['/var/cache/x 3']],
  ['a.rb', "OUT = '/srv/out'\nDir.glob(File.join(OUT, '*.png')).each { |f| File.delete(f) }", ['/srv/out 2']],
  ['a.php', "<?php\n$dir = '/srv/out';\nforeach (glob($dir . '/*') as $f) {\n  unlink($f);\n}", ['/srv/out 4']],
  ['a.go', 'const dir = "/srv/out"\nfunc drop(n string) {\n  os.Remove(filepath.Join(dir, n))\n}', ['/srv/out 3']],
  ['a.pl', 'my $dir = \'/srv/out\';\nunlink "$dir/$n" or die;', ['/srv/out 2']],
])('%s: %j names %j', (file, text, places) => {
  expect(found(file, text)).toEqual(places)
})

test.each<[file: string, text: string]>([
  ['a.py', `${PY}subprocess.run(["ls", "-l", name])`],
  ['a.py', `${PY}def f(path):\n    subprocess.run(["convert", path])`],
  // A name of another function.
  ['a.py', `${PY}def f(n):\n    path = os.path.join(CACHE, n)\n    return path\ndef g(path):\n    os.unlink(path)`],
  ['a.js', `${JS}const p = path.join(CACHE, id)\nonDone((p) => {\n  fs.unlinkSync(p)\n})`],
  ['a.py', `${PY}# os.unlink(os.path.join(CACHE, name))`],
  ['a.py', `${PY}app.run(os.path.join(CACHE, name))`],
  ['a.py', `${PY}for f in os.listdir(CACHE):\n    print(f)\n    os.remove(other)`],
  ['a.test.js', `${JS}fs.unlinkSync(path.join(CACHE, id))`],
  ['a.js', `${JS}const m = /x/.exec(path.join(CACHE, id))`],
  ['a.lua', 'os.remove("/srv/out/x")'],
])('%s: %j names none', (file, text) => {
  expect(found(file, text)).toEqual([])
})
