// Writes assembly/generated/sse-dispatch.ts: the cold dispatch of MMX, SSE and SSE2, one case per function of
// isa/sse-rows.ts. Hot forms are inlined by the main dispatcher and never come here.
// Invariant: cases stay dense and well under 1000, so that the optimiser builds a br_table (cpu.md section 2).
// Runs in: the build and its freshness test.

import { SSE_FUNCTIONS, SSE_ROWS, type SseFunction, type SseModule } from '../sse-rows'

const ARGUMENTS: Readonly<Record<string, string>> = { ds: 'dst, src', dsi: 'dst, src, imm', di: 'dst, imm', d: 'dst', '': '' }

function caseOf(entry: SseFunction): string {
  const [, , , , , , , fn, call, , flagText] = entry.row
  const flags = flagText.split(' ')
  const invoke = `${fn}(${ARGUMENTS[call] ?? ''})`
  const valued = flags.includes('xm') || flags.includes('eflags') || flags.includes('rdi')
  const enter = flags.includes('mmx') ? 'fault = mmx_enter(); if (fault) return fault; ' : ''
  return `    case ${entry.id}: { ${enter}${valued ? `return ${invoke}` : `${invoke}; return 0`} }`
}

function importsOf(module: SseModule, from: string, extra: readonly string[] = []): string {
  const names = new Set<string>(extra)
  for (const row of SSE_ROWS) if (row[9] === module && row[8] !== 'none' && row[8] !== 'special') names.add(row[7])
  return `import { ${[...names].sort().join(', ')} } from '${from}'`
}

/** The text of assembly/generated/sse-dispatch.ts. */
export function generateSseDispatch(): string {
  return [
    '// Generated from isa/sse-rows.ts by isa/generate/sse-dispatch.ts; do not edit.',
    importsOf('mmx', '../execute/mmx', ['mmx_enter']),
    importsOf('sse-move', '../execute/sse-move'),
    importsOf('sse-integer', '../execute/sse-integer'),
    importsOf('sse-float', '../execute/sse-float'),
    importsOf('sse-convert', '../execute/sse-convert'),
    '',
    '/** Runs function `id` (sseFunctionId). 0, or a fault code 0x100 | vector, or what the row says (eflags, rdi). */',
    'export function sse_execute(id: i32, dst: u32, src: u32, imm: i32): i32 {',
    '  let fault: i32 = 0',
    '  switch (id) {',
    ...SSE_FUNCTIONS.map(caseOf),
    '  }',
    '  return 0x106',
    '}',
    '',
  ].join('\n')
}
