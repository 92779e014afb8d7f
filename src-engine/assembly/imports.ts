// What the core asks of the vcpu thread's TypeScript, synchronously. See vcpu/core-interface.ts.
// Runs in: the vcpu's thread.

// @ts-ignore: decorator
@external('env', 'mmio_read') export declare function mmio_read(gpa: u64, size: i32): u64
// @ts-ignore: decorator
@external('env', 'mmio_write') export declare function mmio_write(gpa: u64, size: i32, value: u64): void
// @ts-ignore: decorator
@external('env', 'port_in') export declare function port_in(port: i32, size: i32): i32
// @ts-ignore: decorator
@external('env', 'port_out') export declare function port_out(port: i32, size: i32, value: i32): void
// @ts-ignore: decorator
@external('env', 'cpuid') export declare function cpuid(leaf: i32, subleaf: i32): void
// @ts-ignore: decorator
@external('env', 'rdmsr') export declare function rdmsr(msr: i32): i32
// @ts-ignore: decorator
@external('env', 'wrmsr') export declare function wrmsr(msr: i32): i32
// @ts-ignore: decorator
@external('env', 'tsc') export declare function tsc(): u64
// @ts-ignore: decorator
@external('env', 'sample') export declare function sample(block: u32): void
