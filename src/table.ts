/**
 * A table that is asked for the names of others: a program, a package, a call, a user. It has what it was made with, and
 * none of what every object has by itself (`constructor`, `toString`, `__proto__`).
 */
export function table<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null), entries)
}
