/** Long work that stops now and then, so that who does it can see to something else. */
export type InTurn<T> = Generator<undefined, T, void>

export function atOnce<T>(work: InTurn<T>): T {
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
  }
}
