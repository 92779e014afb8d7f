/*
 * The six loops of `bench -- cpu`: for each the checksum (the same on every machine), and TSC ticks of the best and
 * of the first of its rounds. The loops are what an interpreter or translator of x86 meets most: table lookups, byte stores, strided integer
 * arithmetic, recursion, and 32- and 64-bit register mixing.
 * A line: LOOP name checksum ticks rounds first. TSC_KHZ tells the ticks' unit.
 * Checksums are the ones that the host gives (buildNative).
 */
#include "../lib/guest.h"
#include "../lib/measure.h"

static u32 crc_table[256];
static u8 bytes[65536];

static NOINLINE u64 loop_crc(void)
{
    u32 crc = ~0u;
    for (int pass = 0; pass < 64; pass++)
        for (u32 i = 0; i < sizeof(bytes); i++) crc = crc_table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    return ~crc;
}

#define SIEVE 1000000
static u8 composite[SIEVE];

static NOINLINE u64 loop_sieve(void)
{
    u64 primes = 0;
    fill(composite, 0, sizeof(composite));
    for (u32 i = 2; i < SIEVE; i++) {
        if (composite[i]) continue;
        primes++;
        for (u64 j = (u64)i * i; j < SIEVE; j += i) composite[j] = 1;
    }
    return primes;
}

#define N 96
static s32 a[N][N], b[N][N], c[N][N];

static NOINLINE u64 loop_matmul(void)
{
    u64 sum = 0;
    for (int pass = 0; pass < 4; pass++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                s32 dot = 0;
                for (int k = 0; k < N; k++) dot += a[i][k] * b[k][j];
                c[i][j] = dot + pass;
            }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) sum = sum * 31 + (u32)c[i][j];
    }
    return sum;
}

#define ITEMS 100000
static s32 items[ITEMS];

static NOINLINE void quicksort(s32 *from, s32 *to)
{
    while (from < to) {
        s32 pivot = from[(to - from) / 2];
        s32 *i = from, *j = to;
        while (i <= j) {
            while (*i < pivot) i++;
            while (*j > pivot) j--;
            if (i <= j) { s32 swap = *i; *i++ = *j; *j-- = swap; }
        }
        quicksort(from, j);
        from = i;
    }
}

static NOINLINE u64 loop_quicksort(void)
{
    u32 seed = 12345;
    u64 sum = 0;
    for (int i = 0; i < ITEMS; i++) { seed = seed * 1664525 + 1013904223; items[i] = (s32)(seed >> 1); }
    quicksort(items, items + ITEMS - 1);
    for (int i = 0; i < ITEMS; i++) sum = sum * 31 + (u32)items[i];
    return sum;
}

static NOINLINE u64 loop_mix32(void)
{
    u32 x = 2463534242u, sum = 0;
    for (int i = 0; i < 4000000; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        sum += x;
    }
    return sum;
}

static NOINLINE u64 loop_mix64(void)
{
    u64 x = 0x9e3779b97f4a7c15ul, sum = 0;
    for (int i = 0; i < 3000000; i++) {
        u64 z = (x += 0x9e3779b97f4a7c15ul);
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ul;
        z = (z ^ z >> 27) * 0x94d049bb133111ebul;
        sum += z ^ z >> 31;
    }
    return sum;
}

void guest_main(void)
{
    for (u32 n = 0; n < 256; n++) {
        u32 v = n;
        for (int bit = 0; bit < 8; bit++) v = v & 1 ? v >> 1 ^ 0xedb88320 : v >> 1;
        crc_table[n] = v;
    }
    for (u32 i = 0; i < sizeof(bytes); i++) bytes[i] = (u8)(i * 7 + (i >> 8) * 13);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) { a[i][j] = i * 3 + j * 7 - 100; b[i][j] = i * 5 - j * 2 + 17; }
    measure_start();
    measure("crc", loop_crc, 0x13449f77);
    measure("sieve", loop_sieve, 78498);
    measure("matmul", loop_matmul, 0xc89a88ab9c5b8000ul);
    measure("quicksort", loop_quicksort, 0xd7133340c20151b2ul);
    measure("mix32", loop_mix32, 0x903467a5);
    measure("mix64", loop_mix64, 0xe9d1891aeae85567ul);
}
