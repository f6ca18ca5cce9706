export interface Rule {
  /** Up to the opening bracket or the sign before the expression. */
  readonly pattern: RegExp
  readonly kind: 'file' | 'directory' | 'database'
  /** What must stand among the further arguments. */
  readonly with?: RegExp
  /** What the expression itself must look like. */
  readonly only?: RegExp
}

const DATABASE_FILE = /\.(sqlite3?|db3?)["'`)]*$/

export const SCRIPT: readonly Rule[] = [
  { pattern: /\b(mkdirSync|mkdir|mkdirp|ensureDirSync|ensureDir)\(/g, kind: 'directory' },
  {
    pattern: /\b(writeFileSync|writeFile|appendFileSync|appendFile|createWriteStream|outputFile|outputJson)\(/g,
    kind: 'file',
  },
  { pattern: /\b(openSync|open)\(/g, kind: 'file', with: /["'](w|a|wx|w\+|a\+)["']/ },
  { pattern: /\b(new (?:\w+\.)?(?:Database|DatabaseSync))\(/g, kind: 'database' },
  { pattern: /\b(multer)\(\s*\{\s*dest:/g, kind: 'directory' },
  { pattern: /\b(uploadDir|destination)\s*:/g, kind: 'directory' },
  // multer's function form: `destination: (req, file, cb) => cb(null, 'uploads')`.
  {
    pattern:
      /\b(destination)\s*(?::\s*(?:async\s*)?(?:function\s*\w*\s*)?)?\([^)]*\)\s*(?:=>\s*)?\{?\s*(?:return\s+)?\w+\(\s*null\s*,/g,
    kind: 'directory',
  },
  // winston, and its daily rotation.
  { pattern: /\b(transports\.File|DailyRotateFile)\(\s*\{[^{}]*?\bfilename\s*:/g, kind: 'file' },
  { pattern: /\b(transports\.File|DailyRotateFile)\(\s*\{[^{}]*?\bdirname\s*:/g, kind: 'directory' },
  // lowdb, nedb; Sequelize, TypeORM and Knex with SQLite.
  { pattern: /\b(JSONFile|JSONFileSync|JSONFilePreset|FileSync|FileAsync)\(/g, kind: 'database' },
  { pattern: /\b(Datastore)\(\s*\{[^{}]*?\bfilename\s*:/g, kind: 'database' },
  { pattern: /\b(storage|database|filename)\s*:/g, kind: 'database', only: DATABASE_FILE },
  // express-session's store of files.
  { pattern: /\b(FileStore)\(\s*\{[^{}]*?\bpath\s*:/g, kind: 'directory' },
]
export const PYTHON: readonly Rule[] = [
  { pattern: /\b(open)\(/g, kind: 'file', with: /["'](?:mode=)?[rb]*[wax][bt+]*["']/ },
  { pattern: /\b(os\.makedirs|os\.mkdir)\(/g, kind: 'directory' },
  { pattern: /\b(sqlite3\.connect|aiosqlite\.connect|TinyDB)\(/g, kind: 'database' },
  { pattern: /\b((?:Rotating|TimedRotating|Watched)?FileHandler)\(/g, kind: 'file' },
  {
    pattern: /["']?\b(UPLOAD_FOLDER|UPLOAD_DIR|MEDIA_ROOT|CACHE_DIR|SESSION_FILE_DIR)\b["']?\]?\s*=(?!=)/g,
    kind: 'directory',
  },
  { pattern: /\b(basicConfig)\([^()]*?\bfilename\s*=/g, kind: 'file' },
  { pattern: /\.(save|savefig|to_csv|to_json|to_parquet)\(/g, kind: 'file', only: /[/.]/ },
  { pattern: /\b(shelve\.open|dbm\.open)\(/g, kind: 'file' },
]
export const RUBY: readonly Rule[] = [
  { pattern: /\b(FileUtils\.mkdir_p|Dir\.mkdir)\b\s*\(?/g, kind: 'directory' },
  {
    pattern: /\b(File\.open|File\.write|IO\.write)\(/g,
    kind: 'file',
    with: /["'][wa][b+]*["']|^.*File\.write|,|File::(CREAT|WRONLY|RDWR|APPEND)/,
  },
  // Puma's and Unicorn's own configuration.
  { pattern: /^[ \t]*(stdout_redirect|stdout_path|stderr_path|pidfile|pid|state_path)\b\s*\(?/gm, kind: 'file' },
  { pattern: /\b(SQLite3::Database\.new|Sequel\.sqlite)\(/g, kind: 'database' },
]
export const PHP: readonly Rule[] = [
  { pattern: /\b(file_put_contents)\(/g, kind: 'file' },
  { pattern: /\b(mkdir)\(/g, kind: 'directory' },
  { pattern: /\b(fopen)\(/g, kind: 'file', with: /["'][wax][bt+]*["']/ },
  { pattern: /\b(new SQLite3)\(/g, kind: 'database' },
  { pattern: /\b(new PDO)\(\s*["']sqlite:["']\s*\./g, kind: 'database' },
  { pattern: /\b(move_uploaded_file)\((?:[^,()]|\([^()]*\))*,/g, kind: 'file' },
]
export const PERL: readonly Rule[] = [
  { pattern: /\b(open)\s*\(?\s*(?:my\s+)?[$\w*]+\s*,\s*["'](?:>>?|\+[<>])[^"',]*["']\s*,/g, kind: 'file' },
  { pattern: /\b(mkdir|make_path)\s*\(/g, kind: 'directory' },
]
export const GO: readonly Rule[] = [
  { pattern: /\bos\.(MkdirAll|Mkdir)\(/g, kind: 'directory' },
  { pattern: /\bos\.(Create|WriteFile)\(/g, kind: 'file' },
  { pattern: /\bos\.(OpenFile)\(/g, kind: 'file', with: /O_(CREATE|WRONLY|RDWR|APPEND)/ },
  { pattern: /\bsql\.(Open)\(\s*"sqlite3?"\s*,/g, kind: 'database' },
  { pattern: /\b(?:sqlite|b?bolt)\.(Open)\(/g, kind: 'database' },
]
