import { table } from '../table.ts'

/** A tool that installs below the home of whoever runs it: as root, below /root. */
export interface HomeTool {
  /** As a person calls it. */
  readonly name: string
  /** The RUN line that uses it so. */
  readonly run: RegExp
  /** What in that line sends it elsewhere. */
  readonly unless?: RegExp
  /** Below root's home. */
  readonly folder: string
  /** By which it is found from another home; null where PATH is enough. */
  readonly variable: string | null
  /** Commands that look there; absent: whatever runs. */
  readonly usedBy?: RegExp
}

/** Source: each tool's own documentation of its variables. */
export const homeTools: readonly HomeTool[] = [
  {
    name: 'pip install --user',
    run: /\bpip[\d.]*\s+install\b(?:(?!\bpip[\d.]*\s+install\b)[^&|;]){0,4000}\s--user\b/,
    folder: '/root/.local',
    variable: 'PYTHONUSERBASE',
  },
  {
    name: 'nvm',
    run: /nvm-sh\/nvm|\bnvm install\b/,
    folder: '/root/.nvm',
    variable: 'NVM_DIR',
    usedBy: /^(node|npm|npx|yarn|pnpm|corepack|pm2|next|nuxt|ts-node|tsx)$/,
  },
  {
    name: 'rustup',
    run: /rustup\.rs|sh\.rustup/,
    unless: /(CARGO|RUSTUP)_HOME/,
    folder: '/root/.rustup',
    variable: 'RUSTUP_HOME',
    usedBy: /^(cargo|rustc|rustup)(-|$)/,
  },
  {
    name: "bun's install script",
    run: /bun\.sh\/install/,
    unless: /BUN_INSTALL=/,
    folder: '/root/.bun',
    variable: null,
    usedBy: /^bunx?$/,
  },
  {
    name: 'pyenv',
    run: /pyenv\.run|pyenv-installer|\bpyenv install\b/,
    folder: '/root/.pyenv',
    variable: 'PYENV_ROOT',
    usedBy: /^(python|pip|pyenv|gunicorn|uvicorn|flask|celery)[\d.]*$/,
  },
  {
    name: 'pipenv',
    run: /\bpipenv\s+(install|sync)\b/,
    unless: /--system|--deploy\s+--system/,
    folder: '/root/.local/share/virtualenvs',
    variable: 'WORKON_HOME',
    usedBy: /^pipenv$/,
  },
  {
    name: 'poetry',
    run: /\bpoetry\s+install\b/,
    folder: '/root/.cache/pypoetry/virtualenvs',
    variable: 'POETRY_VIRTUALENVS_PATH',
    usedBy: /^poetry$/,
  },
  {
    name: 'playwright',
    run: /\bplaywright\s+install\b(?!-deps)/,
    folder: '/root/.cache/ms-playwright',
    variable: 'PLAYWRIGHT_BROWSERS_PATH',
  },
  {
    name: 'puppeteer',
    run: /\bpuppeteer\s+browsers\s+install\b/,
    folder: '/root/.cache/puppeteer',
    variable: 'PUPPETEER_CACHE_DIR',
  },
  {
    name: 'nltk',
    run: /nltk\.download(er)?\b/,
    unless: /\s-d\s|download_dir/,
    folder: '/root/nltk_data',
    variable: 'NLTK_DATA',
  },
]

/** Settings by which a tool keeps its environments in the project or does without. */
export const sentElsewhere: Readonly<Record<string, RegExp>> = table({
  pipenv: /PIPENV_VENV_IN_PROJECT|WORKON_HOME/,
  poetry: /virtualenvs\.(create\s+false|in-project\s+true)|POETRY_VIRTUALENVS_(CREATE|IN_PROJECT|PATH)/,
})
