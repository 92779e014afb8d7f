// What a translator has done, in numbers: for tests and reports. Runs in: the vcpu's worker thread (plain data).

export interface TranslatorStatistics {
  regions: number
  /** Those that came of traces. */
  traced: number
  /** Places where they are entered. */
  entries: number
  blocks: number
  bytes: number
  evicted: number
  /** Blocks that regions are no longer entered at, as stays from there were too short. */
  refused: number
  /** Samples at which something would have been translated, had enough been earned. */
  unaffordable: number
  /** WebAssembly modules, those that brought regions together as well. */
  modules: number
  /** Regions that were brought together in modules of many. */
  gathered: number
  /** The most bytes of modules that were alive. */
  most: number
  /** Of the vcpu's thread. */
  milliseconds: number
  /** Of the writer: writing regions, and V8's, which looks at each module and compiles what it must at once. */
  writing: number
  compiling: number
  /** Of the vcpu's thread: putting modules in place. */
  joining: number
  /** The longest time the vcpu stood still for it. */
  longest: number
}

export const NOTHING_MADE: Readonly<TranslatorStatistics> = {
  regions: 0,
  traced: 0,
  entries: 0,
  blocks: 0,
  bytes: 0,
  evicted: 0,
  refused: 0,
  unaffordable: 0,
  modules: 0,
  gathered: 0,
  most: 0,
  milliseconds: 0,
  writing: 0,
  compiling: 0,
  joining: 0,
  longest: 0,
}
