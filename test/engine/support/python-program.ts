import { buildText, ensureImage } from './images.ts'

/** An image that starts the Python program `source`, which listens on 8000 unless `expose` says otherwise; gives its tag. */
export async function buildProgram(
  tag: string,
  source: string,
  { lines = [], expose = '8000' }: { readonly lines?: readonly string[]; readonly expose?: string } = {},
): Promise<string> {
  const text = [
    `FROM ${await ensureImage('python-static')}`,
    ...lines,
    'COPY <<"PROGRAM" /srv/program.py',
    ...source.trimEnd().split('\n'),
    'PROGRAM',
    `EXPOSE ${expose}`,
    'ENTRYPOINT []',
    'CMD ["python3", "/srv/program.py"]',
  ]
  return buildText(`${text.join('\n')}\n`, tag)
}
