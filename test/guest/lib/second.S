/*
 * Where the other processors begin: real-mode code that is copied to a page below 1 MiB, then the way to long mode on the page
 * tables that there are. second.c starts them. One at a time uses the page; it notes what it found in `second_seen`.
 */
        .section .rodata
        .align  16
        .globl  trampoline, trampoline_end
        .code16
trampoline:
        cli
        mov     %cs, %ax
        mov     %ax, %ds
0:      lock btsl $0, busy - trampoline
        jc      0b
        mov     %ax, seen_cs - trampoline
        mov     %cr0, %eax
        mov     %eax, seen_cr0 - trampoline
        /* the stack, calls near and far, flags: in the page itself */
        mov     %ax, %bx
        mov     %cs, %ax
        mov     %ax, %ss
        mov     $0x1000, %sp
        pushfw
        popw    seen_flags - trampoline
        pushl   $0x12345678
        popl    seen_stack - trampoline
        call    1f
        incw    seen_calls - trampoline
        .byte   0x9a                    /* lcall to this segment */
        .word   2f - trampoline
trampoline_far:
        .word   0
        incw    seen_calls - trampoline
        /* an interrupt of real mode through a table in the page, and IRET */
        lidtl   real_table - trampoline
        int     $0
        incw    seen_calls - trampoline
        lgdtl   trampoline_gdt - trampoline
        mov     %cr0, %eax
        or      $1, %eax
        mov     %eax, %cr0
        ljmpl   $0x30, $second32
1:      ret
2:      lret
3:      incw    seen_calls - trampoline
        iretw
        .align  4
real_table:
        .word   3
        .long   0
        .align  4
real_vector:
        .word   3b - trampoline
        .word   0
trampoline_gdt:
        .word   95
        .long   gdt
        .align  4
seen_cs:        .word   0
seen_flags:     .word   0
seen_cr0:       .long   0
seen_stack:     .long   0
seen_calls:     .word   0, 0
busy:           .long   0
trampoline_end:
        .globl  trampoline_far_at, trampoline_seen, real_table_at, real_vector_at, busy_at
trampoline_far_at:      .long trampoline_far - trampoline
trampoline_seen:        .long seen_cs - trampoline
real_table_at:          .long real_table - trampoline
real_vector_at:         .long real_vector - trampoline
busy_at:                .long busy - trampoline

        .text
        .code32
second32:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %cr4, %eax
        or      $0x620, %eax
        mov     %eax, %cr4
        mov     $page_level4, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx
        rdmsr
        or      $0x901, %eax
        wrmsr
        mov     $0x80010033, %eax
        mov     %eax, %cr0
        ljmp    $0x08, $second64
        .code64
second64:
        mov     $0x10, %eax
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $1, %eax
        lock xadd %eax, second_ticket
        inc     %eax
        shl     $14, %eax
        add     $second_stack, %eax
        mov     %rax, %rsp
        mov     second_busy, %rax
        movl    $0, (%rax)
        lidt    second_idt
        xor     %ebp, %ebp
        call    *second_entry
9:      cli
        hlt
        jmp     9b

        .bss
        .align  16
second_stack:   .skip 3 * 16384
        .globl  second_stack, second_stack_top, second_entry, second_idt, second_busy, second_ticket
second_stack_top:
second_ticket:  .skip 8
second_busy:    .skip 8
second_entry:   .skip 8
second_idt:     .skip 16

        .section .note.GNU-stack, "", @progbits
