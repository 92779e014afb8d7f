export function x87_execute(op: u32, modrm: u32, mem: u32, opsize16: i32): i32 { return 0 }
export function x87_mem_size(op: u32, modrm: u32, opsize16: i32): i32 { return 0 }
export function x87_commit(): void {}
export function x87_wait(): i32 { return 0 }
