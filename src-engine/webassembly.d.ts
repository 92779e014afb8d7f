// The part of the WebAssembly JavaScript interface that the engine uses, declared here because @types/node has none and
// `lib: DOM` would let DOM types leak into the engine. Spec: WebAssembly JavaScript Interface.
// Where the DOM library is loaded too (tests, renderer) these merge with its declarations, so names and shapes agree.
// Runs in: types only.

declare namespace WebAssembly {
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag'
  type ImportValue = Memory | Table | Global | ((...args: never[]) => unknown) | number | bigint
  type ModuleImports = Record<string, ImportValue>
  type Imports = Record<string, ModuleImports>
  type Exports = Record<string, unknown>

  interface MemoryDescriptor {
    initial: number
    maximum?: number
    shared?: boolean
  }

  interface TableDescriptor {
    element: 'anyfunc' | 'externref'
    initial: number
    maximum?: number
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor)
    readonly buffer: ArrayBuffer
    grow(delta: number): number
  }

  class Table {
    constructor(descriptor: TableDescriptor, value?: unknown)
    readonly length: number
    get(index: number): unknown
    set(index: number, value?: unknown): void
    grow(delta: number, value?: unknown): number
  }

  class Global {
    constructor(descriptor: { value: 'i32' | 'i64' | 'f32' | 'f64'; mutable?: boolean }, value?: unknown)
    value: unknown
    valueOf(): unknown
  }

  class Module {
    constructor(bytes: ArrayBufferLike | ArrayBufferView)
    static exports(module: Module): { name: string; kind: ImportExportKind }[]
    static imports(module: Module): { module: string; name: string; kind: ImportExportKind }[]
    static customSections(module: Module, name: string): ArrayBuffer[]
  }

  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Exports
  }

  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}

  function compile(bytes: ArrayBufferLike | ArrayBufferView): Promise<Module>
  function validate(bytes: ArrayBufferLike | ArrayBufferView): boolean
  function instantiate(module: Module, imports?: Imports): Promise<Instance>
}
