/*
 * Entry of every micro-kernel: a PVH note, 32-bit code that maps the first 4 GiB one to one and enters long mode, and the
 * 256 interrupt stubs. Page tables are in .bss; the first 2 MiB are mapped by 4 KiB pages so that tests can play with
 * single entries, the rest by 2 MiB pages.
 */
        .section .note.Xen, "a", @note
        .align 4
        .long 4, 8, 18                  /* owner size, value size, XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .quad start32

        .section .text.start, "ax"
        .code32
        .globl start32
start32:
        cli
        cld
        mov     $boot_stack_top, %esp
        mov     %ebx, start_info

        /* Level 4 -> level 3 -> four level 2 tables of 2 MiB pages. */
        mov     $page_level3 + 7, %eax
        mov     %eax, page_level4
        mov     $page_level2 + 7, %eax
        xor     %ecx, %ecx
1:      mov     %eax, page_level3(, %ecx, 8)
        add     $4096, %eax
        inc     %ecx
        cmp     $4, %ecx
        jb      1b
        mov     $0x83, %eax             /* present, writable, large */
        xor     %ecx, %ecx
2:      mov     %eax, page_level2(, %ecx, 8)
        add     $0x200000, %eax
        inc     %ecx
        cmp     $2048, %ecx
        jb      2b
        /* The first 2 MiB by 4 KiB pages. */
        mov     $page_level1 + 7, %eax
        mov     %eax, page_level2
        mov     $3, %eax
        xor     %ecx, %ecx
3:      mov     %eax, page_level1(, %ecx, 8)
        add     $4096, %eax
        inc     %ecx
        cmp     $512, %ecx
        jb      3b

        mov     %cr4, %eax
        or      $0x620, %eax            /* PAE, OSFXSR, OSXMMEXCPT */
        mov     %eax, %cr4
        mov     $page_level4, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER: SCE, LME, NXE */
        rdmsr
        or      $0x901, %eax
        wrmsr
        mov     $0x80010033, %eax       /* PG, WP, NE, ET, MP, PE */
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $0x08, $start64

        .code64
start64:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $boot_stack_top, %rsp
        xor     %ebp, %ebp
        call    guest_start
9:      hlt
        jmp     9b

        /*
         * Stubs: 16 bytes each; those of vectors for which the CPU pushes no error code push 0.
         */
        .altmacro
        .macro  stub vector
        .align  16
        .if     (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17)
        .else
        push    $0
        .endif
        push    $\vector
        jmp     trap_entry
        .endm

        .text
        .align  16
        .globl  trap_stubs
trap_stubs:
        .set    vector, 0
        .rept   256
        stub    %vector
        .set    vector, vector + 1
        .endr

trap_entry:
        push    %rax
        push    %rcx
        push    %rdx
        push    %rbx
        push    %rbp
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        mov     %rsp, %rdi
        mov     %rsp, %rbp
        and     $-16, %rsp
        call    trap
        mov     %rbp, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rbp
        pop     %rbx
        pop     %rdx
        pop     %rcx
        pop     %rax
        add     $16, %rsp
        iretq

        .data
        .align  16
        .globl  gdt, gdt_pointer
gdt:
        .quad   0
        .quad   0x00af9b000000ffff      /* 08: kernel code, 64-bit */
        .quad   0x00cf93000000ffff      /* 10: kernel data */
        .quad   0x00cffb000000ffff      /* 18: user code, 32-bit (SYSRET counts from here) */
        .quad   0x00cff3000000ffff      /* 20: user data */
        .quad   0x00affb000000ffff      /* 28: user code, 64-bit */
        .quad   0x00cf9b000000ffff      /* 30: kernel code, 32-bit */
        .quad   0x00cf13000000ffff      /* 38: data, not present */
        .quad   0, 0                    /* 40: TSS, filled in by guest_start */
        .quad   0x00af1b000000ffff      /* 50: code, not present */
        .quad   0x00cf9b000000ffff      /* 58: spare */
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   gdt

        .bss
        .align  4096
        .globl  page_level4, page_level3, page_level2, page_level1
page_level4:    .skip 4096
page_level3:    .skip 4096
page_level2:    .skip 4 * 4096
page_level1:    .skip 4096
boot_stack:     .skip 16384
        .globl  boot_stack_top
boot_stack_top:
        .globl  start_info
start_info:     .skip 8

        .section .note.GNU-stack, "", @progbits
