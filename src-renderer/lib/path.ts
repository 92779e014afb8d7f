// Paths as a person types them: whether one is whole, and its last part. Runs in: renderer and tests; pure.

export function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\')
}

export function lastPart(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}
