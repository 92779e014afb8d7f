// How far mmdebstrap is, by what it, apt and dpkg say line by line. Runs in: main, plain Node; pure.
// Invariant: it never goes back, whatever is said.

/** How far it is when each part begins, of the time all of them take as a rule; the last is all of it. */
const PARTS = [
  [/^I: running apt-get update/, 0],
  [/^I: downloading packages/, 0.06],
  [/^I: extracting archives/, 0.1],
  [/^I: installing essential packages/, 0.35],
  [/^I: installing remaining packages/, 0.65],
] as const

/** Two for each package. */
const WORK = /^(Unpacking|Setting up) /

export class InstallProgress {
  private begins = 0
  private ends = 0
  /** Of the part: packages, and how many of their lines came. */
  private packages = 0
  private lines = 0
  private fraction = 0

  /** 0 to 1, if this line says anything of it. */
  line(text: string): number | undefined {
    const part = PARTS.findIndex(([begins]) => begins.test(text))
    if (part >= 0) {
      this.begins = PARTS[part]?.[1] ?? 0
      this.ends = PARTS[part + 1]?.[1] ?? 1
      this.lines = 0
    } else if (WORK.test(text)) this.lines += 1
    else {
      const [, packages] = /, (\d+) newly installed,/.exec(text) ?? []
      if (packages !== undefined) this.packages = Number(packages)
      return undefined
    }
    const share = this.packages === 0 ? 0 : Math.min(1, this.lines / (2 * this.packages))
    this.fraction = Math.max(this.fraction, this.begins + share * (this.ends - this.begins))
    return this.fraction
  }
}
