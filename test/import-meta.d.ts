// Node 20 has import.meta.dirname; the types we pin are of Node 18, the floor of the app itself. Tests run in Node 20.
// Runs in: types only.

interface ImportMeta {
  readonly dirname: string
}
