// The order of versions in names, as people and package managers have it: 6.10 comes after 6.9. Runs in: the image process.

/** Above 0 when `a` is the later one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [x, y] = [left[index], right[index]]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    const numbers = /^\d/.test(x) && /^\d/.test(y)
    if (numbers && Number(x) !== Number(y)) return Number(x) - Number(y)
    // A number is later than a word, as 6.1 is than 6.rc.
    if (!numbers && /^\d/.test(x) !== /^\d/.test(y)) return /^\d/.test(x) ? 1 : -1
    if (!numbers && x !== y) return x < y ? -1 : 1
  }
  return 0
}

function partsOf(text: string): readonly string[] {
  return text.match(/\d+|[A-Za-z]+|~/g) ?? []
}
