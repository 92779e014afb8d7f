// What makes Linux ask a Xen disk for a whole mebibyte at a time. Its driver stops at 32 pages unless it is told otherwise, whatever the
// backend announces, and a guest's work for a request is most of what a disk costs it (src-engine/backend/README.md).
// Old kernels call the parameter otherwise and pass this over. Runs in: main.

/** For insmod. */
export const LARGE_REQUESTS = 'max_indirect_segments=256'
/** On a command line: for a driver in the kernel, and for modprobe. */
export const LARGE_REQUESTS_WORD = `xen_blkfront.${LARGE_REQUESTS}`
