// Numbers that are given once. Runs in: main, plain Node.
export function counter(): () => number {
  let last = 0
  return () => ++last
}
