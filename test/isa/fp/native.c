// The oracle of the floating-point tests: runs single instructions on the host CPU.
// Reads cases from standard input until it ends and writes one record per case to standard output. A case is the
// instruction's bytes and a whole user-mode state; the answer is the state afterwards and the signal, if one came.
// RSI always holds the address of the case's 128 memory bytes, RDI its last 16.
// Runs in: a process of its own, started by native.ts. x86-64 Linux only.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct state {
  uint8_t fx[512];      // FXSAVE image
  uint64_t rax, rcx, rdx, rflags;
  uint8_t memory[128];
};
struct request { uint32_t length, pad; uint8_t code[24]; struct state state; };
struct answer { uint32_t signal, pad; struct state state; };

static struct state work __attribute__((aligned(64)));
static uint8_t *page;
static sigjmp_buf back;
static volatile int caught;

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)info;
  caught = number;
  memcpy(work.fx, uc->uc_mcontext.fpregs, 512);
  work.rax = (uint64_t)uc->uc_mcontext.gregs[REG_RAX];
  work.rcx = (uint64_t)uc->uc_mcontext.gregs[REG_RCX];
  work.rdx = (uint64_t)uc->uc_mcontext.gregs[REG_RDX];
  work.rflags = (uint64_t)uc->uc_mcontext.gregs[REG_EFL];
  siglongjmp(back, 1);
}

void run_case(void *code, struct state *state);
__asm__(
  ".text\n.globl run_case\nrun_case:\n"
  "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
  "mov %rdi, %rbx\n mov %rsi, %rbp\n"
  "lea 544(%rbp), %rsi\n lea 656(%rbp), %rdi\n"
  "lea 1f(%rip), %r15\n"
  "fxrstor64 (%rbp)\n"
  "push 536(%rbp)\n popf\n"
  "mov 512(%rbp), %rax\n mov 520(%rbp), %rcx\n mov 528(%rbp), %rdx\n"
  "jmp *%rbx\n"
  "1: fxsave64 (%rbp)\n"
  "mov %rax, 512(%rbp)\n mov %rcx, 520(%rbp)\n mov %rdx, 528(%rbp)\n"
  "pushf\n pop 536(%rbp)\n"
  "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
  "ret\n");

int main(void) {
  static char input[1 << 20], output[1 << 20];
  setvbuf(stdin, input, _IOFBF, sizeof input);
  setvbuf(stdout, output, _IOFBF, sizeof output);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 1;
  void *stack = malloc(1 << 16);
  stack_t alternate = { .ss_sp = stack, .ss_size = 1 << 16 };
  sigaltstack(&alternate, 0);
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);

  static struct request request;
  static struct answer answer;
  while (fread(&request, sizeof request, 1, stdin) == 1) {
    static uint8_t last[32];
    uint8_t bytes[32] = { 0 };
    memcpy(bytes, request.code, request.length);
    memcpy(bytes + request.length, "\x41\xff\xe7", 3); // jmp *%r15
    if (memcmp(bytes, last, sizeof bytes)) {
      memcpy(page, bytes, sizeof bytes);
      memcpy(last, bytes, sizeof bytes);
    }
    work = request.state;
    caught = 0;
    if (!sigsetjmp(back, 1)) run_case(page, &work);
    uint32_t mxcsr = 0x1f80;
    __asm__ volatile("fninit\n ldmxcsr %0\n cld" : : "m"(mxcsr));
    answer.signal = (uint32_t)caught;
    answer.state = work;
    if (fwrite(&answer, sizeof answer, 1, stdout) != 1) return 1;
  }
  return 0;
}
