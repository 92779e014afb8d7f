/*
 * Entry of the programs of `bench -- cpu` built for 32 bits: a Multiboot header, paging of 4 MiB pages one to one, SSE on.
 * No interrupt table: what traps ends the machine.
 */
        .section .text.start, "ax"
        .code32
        .align  4
        .long   0x1badb002, 0, -0x1badb002      /* magic, flags, checksum */
        .globl  start32
start32:
        cli
        cld
        mov     $stack_top, %esp
        mov     $0x83, %eax                     /* present, writable, large */
        xor     %ecx, %ecx
1:      mov     %eax, page_directory(, %ecx, 4)
        add     $0x400000, %eax
        inc     %ecx
        cmp     $1024, %ecx
        jb      1b
        mov     $page_directory, %eax
        mov     %eax, %cr3
        mov     $0x610, %eax                    /* PSE, OSFXSR, OSXMMEXCPT */
        mov     %eax, %cr4
        mov     $0x80010033, %eax               /* PG, WP, NE, ET, MP, PE */
        mov     %eax, %cr0
        call    guest_start
9:      hlt
        jmp     9b

        .bss
        .align  4096
page_directory: .skip 4096
        .skip   65536
stack_top:
        .section .note.GNU-stack, "", @progbits
