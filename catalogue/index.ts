// Adding an image: its file in images/, and its line here.
import accounts from './accounts.json' with { type: 'json' }
import type { AccountBase, AccountList, CatalogueImage, ProgramRule } from './entry.ts'
import distrolessJava from './images/distroless-java.json' with { type: 'json' }
import distrolessNodejs from './images/distroless-nodejs.json' with { type: 'json' }
import distrolessPython from './images/distroless-python.json' with { type: 'json' }
import distrolessStatic from './images/distroless-static.json' with { type: 'json' }
import httpd from './images/httpd.json' with { type: 'json' }
import nginx from './images/nginx.json' with { type: 'json' }
import nginxUnprivileged from './images/nginx-unprivileged.json' with { type: 'json' }
import node from './images/node.json' with { type: 'json' }
import postgres from './images/postgres.json' with { type: 'json' }
import python from './images/python.json' with { type: 'json' }
import redis from './images/redis.json' with { type: 'json' }
import rootPrograms from './programs.json' with { type: 'json' }

// JSON has wide types only; schema/catalogue.schema.json holds the narrow ones (test/image/catalogue.test.ts).
export const images = [
  distrolessJava,
  distrolessNodejs,
  distrolessPython,
  distrolessStatic,
  httpd,
  nginx,
  nginxUnprivileged,
  node,
  postgres,
  python,
  redis,
] as readonly unknown[] as readonly CatalogueImage[]

export const programs = rootPrograms.programs as readonly unknown[] as readonly ProgramRule[]

export const baseAccounts = accounts.accounts as unknown as Readonly<Record<AccountBase, AccountList>>
