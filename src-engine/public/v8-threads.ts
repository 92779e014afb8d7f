// How many threads V8 gets in a process of ours to compile and to collect garbage with. Node gives it four: on a machine of two processors
// they compile a guest's new code so eagerly that the vcpu, which runs that code, waits for a processor itself.
// Measured: src-engine/jit/README.md. Electron has a number of its own and no switch for it. Runs in: anywhere.

/** More than Node's own four has nothing to compile. */
const MOST = 4

/** The words for Node's command line; `processors` are those the process may use, of which a vcpu that computes has one. */
export function v8ThreadOptions(processors: number): readonly string[] {
  return [`--v8-pool-size=${Math.min(MOST, Math.max(1, processors - 1))}`]
}
