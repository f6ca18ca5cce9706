import { expect, test } from '@jest/globals'
import { coverage } from '../../src/evidence/coverage.ts'
import { claimsOf, partOf } from '../evidence/view.ts'
import { image } from './image.ts'
import { shipped } from './shipped.ts'

function folders(run: string, started: string): readonly string[] {
  const { config } = image({ config: { cmd: ['python3', started], ports: ['8000'] } })
  return claimsOf(coverage, partOf({ contents: shipped(run, null), config })).flatMap((claim) =>
    claim.kind === 'unknown' && claim.message.startsWith('what is started in') ? [claim.subject] : [],
  )
}

test.each<[string, string, readonly string[]]>([
  ['RUN django-admin startproject site /srv/site', '/srv/site/manage.py', ['/srv/site']],
  ['WORKDIR /srv\nRUN django-admin startproject site', '/srv/site/manage.py', ['/srv/site']],
  ['RUN django-admin startapp site /srv/site', '/srv/site/manage.py', []],
  ['WORKDIR /srv\nRUN rails new --api shop', '/srv/shop/bin/rails', ['/srv/shop']],
  ['RUN composer create-project --no-dev laravel/laravel /srv/shop', '/srv/shop/artisan', ['/srv/shop']],
  ['RUN composer install', '/srv/shop/artisan', []],
])('%s', (run, started, expected) => expect(folders(run, started)).toEqual(expected))
