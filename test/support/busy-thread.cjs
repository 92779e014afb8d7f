// A thread that does nothing but compute, in a domain's process, from SIGUSR2 on: in the place of V8's compilers, whose work no test can
// order. Loaded by --require in NODE_OPTIONS (test/boot/charged-threads.test.ts). Runs in: processes that a test starts, plain Node.
const { isMainThread, Worker } = require('node:worker_threads')

if (isMainThread) process.once('SIGUSR2', () => new Worker('for (;;);', { eval: true }).unref())
