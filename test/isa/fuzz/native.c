// The oracle of the instruction tests: runs single instructions on the host CPU, one after another.
// A case is a whole user-mode state and some code, which ends in HLT or in its own fault: each case therefore ends in a
// signal, whose handler notes the state it finds in the signal's context, writes the next case's state there and returns
// into it. No instruction of ours runs between a case's first and last one.
// Invariant: after a case, everything a case may change is set anew; FS and its base are never touched (libc needs them).
// Runs in: a process of its own, started by native.ts; cases on standard input, answers on standard output. x86-64 Linux.
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define DATA 0x10000000ull // two writable pages, a read-only one, then nothing
#define CODE 0x20000000ull // CODE_PAGES of case.ts; a case's code begins in the first two
#define CODE_SIZE 0x4000
#define GS_BASE (DATA - 0x1000)
#define MIDDLE (DATA + 0x1000 - 256)
#define TAIL (DATA + 0x2000 - 64)

struct header { uint32_t count, fx; };
struct request {
  uint8_t code[24];
  uint32_t length, offset; // offset: bit 31 for 32-bit code
  uint64_t gpr[16], rflags; // registers in the order of their encoding
  uint8_t middle[512], tail[64];
  uint8_t fx[512]; // only when header.fx
};
struct answer {
  uint64_t gpr[16], rip, rflags, cr2;
  uint32_t trap, error;
  uint8_t middle[512], tail[64];
  uint8_t fx[512];
};
static const int place[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
static struct header header;
static uint8_t *requests, *answers;
static size_t request_size, answer_size;
static uint32_t at; // next case
static gregset_t home;

static void on_signal(int number, siginfo_t *info, void *context) {
  __asm__ volatile("mov %0, %%ds\n mov %0, %%es" : : "r"(0x2b)); // flat segments, which 32-bit code needs
  ucontext_t *uc = context;
  greg_t *g = uc->uc_mcontext.gregs;
  (void)info;
  if (number == SIGALRM) g[REG_TRAPNO] = 255;
  if (at == 0) memcpy(home, g, sizeof home);
  else {
    struct request *q = (void *)(requests + (at - 1) * request_size);
    struct answer *a = (void *)(answers + (at - 1) * answer_size);
    for (int i = 0; i < 16; i++) a->gpr[i] = (uint64_t)g[place[i]];
    a->rip = (uint64_t)g[REG_RIP];
    a->rflags = (uint64_t)g[REG_EFL];
    a->trap = (uint32_t)g[REG_TRAPNO];
    a->error = (uint32_t)g[REG_ERR];
    a->cr2 = a->trap == 14 ? (uint64_t)g[REG_CR2] : 0;
    memcpy(a->middle, (void *)MIDDLE, sizeof a->middle);
    memcpy(a->tail, (void *)TAIL, sizeof a->tail);
    if (header.fx) memcpy(a->fx, uc->uc_mcontext.fpregs, 416);
    memset((uint8_t *)CODE + (q->offset & 0x1fff), 0xf4, q->length);
  }
  if (at == header.count) {
    memcpy(g, home, sizeof home);
    g[REG_RIP]++; // past main's HLT
    return;
  }
  struct request *q = (void *)(requests + at * request_size);
  for (int i = 0; i < 16; i++) g[place[i]] = (greg_t)q->gpr[i];
  g[REG_RIP] = (greg_t)(CODE + (q->offset & 0x1fff));
  g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffll) | (q->offset >> 31 ? 0x23 : 0x33);
  g[REG_EFL] = (greg_t)q->rflags;
  memcpy((void *)MIDDLE, q->middle, sizeof q->middle);
  memcpy((void *)TAIL, q->tail, sizeof q->tail);
  memcpy((uint8_t *)CODE + (q->offset & 0x1fff), q->code, q->length);
  if (header.fx) {
    uint8_t *image = (uint8_t *)uc->uc_mcontext.fpregs;
    memcpy(image, q->fx, 28);
    memcpy(image + 32, q->fx + 32, 384);
    *(uint64_t *)(image + 512) |= 3; // x87 and SSE parts are present
  }
  at++;
}

static void get(void *to, size_t size) {
  if (fread(to, size, 1, stdin) != 1) exit(2);
}

int main(void) {
  get(&header, sizeof header);
  request_size = sizeof(struct request) - (header.fx ? 0 : 512);
  answer_size = sizeof(struct answer) - (header.fx ? 0 : 512);
  requests = malloc(request_size * header.count);
  answers = calloc(header.count, answer_size);
  get(requests, request_size * header.count);

  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap((void *)DATA, 0x3000, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) return 3;
  for (int i = 0; i < 0x1000; i++) ((uint8_t *)DATA)[0x2000 + i] = (uint8_t)(i * 37 + 11);
  mprotect((void *)(DATA + 0x2000), 0x1000, PROT_READ);
  if (mmap((void *)CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) == MAP_FAILED) return 3;
  memset((void *)CODE, 0xf4, CODE_SIZE);
  syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);

  stack_t stack = { .ss_sp = malloc(1 << 18), .ss_size = 1 << 18 };
  sigaltstack(&stack, 0);
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
  const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  __asm__ volatile("hlt" : : : "memory");
  fwrite(answers, answer_size, header.count, stdout);
  return fflush(stdout) != 0;
}
