/*
 * More programs of `bench -- cpu`, nearer to what guests run than cpu-loops.c: a hash, a search, a list that is sorted, a
 * state machine, compression, a small interpreter with indirect jumps, and block moves.
 * A line: LOOP name checksum ticks rounds first, as cpu-loops.c prints them; TSC_KHZ tells the ticks' unit.
 * Checksums are the ones that the host gives (buildNative).
 */
#include "../lib/guest.h"
#include "../lib/measure.h"

static u8 text[65536];

/* ---- SHA-256 of the text, eight times ---- */
static u32 sha_k[64];

/* The constants are the fractions of cube roots of primes: found by bisection, to have no table. */
static void sha_constants(void)
{
    int n = 0;
    for (u32 p = 2; n < 64; p++) {
        int prime = 1;
        for (u32 d = 2; d * d <= p; d++) if (p % d == 0) prime = 0;
        if (!prime) continue;
        u64 low = 0, high = (u64)8 << 32; /* 32 bits of fraction */
        while (high - low > 1) {
            /* middle³ with 64 bits of fraction, in pieces of 32 bits */
            u64 middle = (low + high) / 2, m = middle >> 32, f = (u32)middle;
            u64 square = (m * m << 32) + 2 * m * f + (f * f >> 32), s = square >> 32, t = (u32)square;
            u64 rest = s * f + t * m + (t * f >> 32), whole = s * m + (rest >> 32);
            if (whole < p || (whole == p && (u32)rest == 0 && (u32)(t * f) == 0)) low = middle; else high = middle;
        }
        sha_k[n++] = (u32)low;
    }
}

static inline u32 ror(u32 v, int n) { return v >> n | v << (32 - n); }

static NOINLINE void sha_block(u32 *h, const u8 *p)
{
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = (u32)p[i * 4] << 24 | p[i * 4 + 1] << 16 | p[i * 4 + 2] << 8 | p[i * 4 + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
    for (int i = 0; i < 8; i++) s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 t = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_k[i] + w[i];
        u32 m = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--) s[j] = s[j - 1];
        s[4] += t;
        s[0] = t + m;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
}

static NOINLINE u64 loop_sha256(void)
{
    u32 h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    for (int pass = 0; pass < 8; pass++)
        for (u32 at = 0; at < sizeof(text); at += 64) sha_block(h, text + at);
    return (u64)h[0] << 32 | h[7];
}

/* ---- search: how often each of some words stands in the text ---- */
static NOINLINE u32 count_of(const u8 *word, u32 length)
{
    u32 found = 0;
    for (u32 i = 0; i + length <= sizeof(text); i++) {
        u32 j = 0;
        while (j < length && text[i + j] == word[j]) j++;
        found += j == length;
    }
    return found;
}

static NOINLINE u64 loop_search(void)
{
    u64 sum = 0;
    for (u32 i = 0; i < 24; i++) sum = sum * 31 + count_of(text + i * 1009, 3 + i % 5);
    return sum;
}

/* ---- a linked list, shuffled, sorted by merging, walked ---- */
struct item { struct item *next; u32 key, weight; };
#define LIST 20000
static struct item list_items[LIST];

static NOINLINE struct item *merge(struct item *p, struct item *q)
{
    struct item *head = 0, **tail = &head;
    while (p && q) {
        struct item **least = p->key <= q->key ? &p : &q;
        *tail = *least;
        tail = &(*least)->next;
        *least = *tail;
    }
    *tail = p ? p : q;
    return head;
}

static NOINLINE struct item *sort_list(struct item *head)
{
    if (!head || !head->next) return head;
    struct item *slow = head, *fast = head->next;
    while (fast && fast->next) { slow = slow->next; fast = fast->next->next; }
    struct item *rest = slow->next;
    slow->next = 0;
    return merge(sort_list(head), sort_list(rest));
}

static NOINLINE u64 loop_list(void)
{
    u32 seed = 99;
    for (u32 i = 0; i < LIST; i++) {
        seed = seed * 1664525 + 1013904223;
        list_items[i] = (struct item){ i + 1 < LIST ? &list_items[(i * 7919 + 7919) % LIST] : 0, seed >> 8, i };
    }
    /* 7919 has no factor in common with LIST: one round through all items */
    struct item *head = &list_items[0];
    for (u32 i = 0; i < LIST; i++) list_items[i * 7919 % LIST].next = i + 1 < LIST ? &list_items[(i + 1) * 7919 % LIST] : 0;
    u64 sum = 0;
    for (struct item *p = sort_list(head); p; p = p->next) sum = sum * 31 + p->key + p->weight;
    return sum;
}

/* ---- a state machine: numbers, words and signs of the text ---- */
static NOINLINE u64 loop_states(void)
{
    u64 sum = 0;
    for (int pass = 0; pass < 12; pass++) {
        enum { SPACE, NUMBER, FRACTION, WORD, SIGN } state = SPACE;
        u64 value = 0, counts[5] = { 0 };
        for (u32 i = 0; i < sizeof(text); i++) {
            u8 c = text[i];
            int digit = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';
            switch (state) {
            case NUMBER:
                if (digit) { value = value * 10 + c - '0'; continue; }
                if (c == '.') { state = FRACTION; continue; }
                break;
            case FRACTION: if (digit) { value += c; continue; } break;
            case WORD: if (letter || digit) { value = value * 33 + c; continue; } break;
            default: break;
            }
            counts[state]++;
            sum = sum * 31 + value;
            value = 0;
            state = digit ? NUMBER : letter ? WORD : c == '+' || c == '-' ? SIGN : SPACE;
        }
        for (int i = 0; i < 5; i++) sum = sum * 31 + counts[i];
    }
    return sum;
}

/* ---- compression: matches of what was before, found by a hash of three bytes ---- */
static u16 heads[4096];
static u8 packed[sizeof(text) * 2];

static NOINLINE u64 loop_compress(void)
{
    u32 out = 0;
    for (u32 i = 0; i < 4096; i++) heads[i] = 0;
    for (u32 i = 0; i + 3 < sizeof(text);) {
        u32 hash = ((text[i] << 10) ^ (text[i + 1] << 5) ^ text[i + 2]) & 4095;
        u32 from = heads[hash], length = 0;
        heads[hash] = i;
        if (from < i && i - from < 32768)
            while (length < 255 && i + length < sizeof(text) && text[from + length] == text[i + length]) length++;
        if (length >= 4) {
            packed[out++] = 255; packed[out++] = length; packed[out++] = (i - from) >> 8; packed[out++] = i - from;
            i += length;
        } else packed[out++] = text[i++];
    }
    u64 sum = out;
    for (u32 i = 0; i < out; i++) sum = sum * 31 + packed[i];
    return sum;
}

/* ---- an interpreter of bytes, each of which jumps to the next one's code ---- */
static u8 program[4096];

static NOINLINE u64 loop_bytecode(void)
{
    static const void *const code[] = { &&add, &&push, &&swap, &&xor, &&mul, &&again, &&skip, &&rotate };
    u64 a = 1, b = 2, left = 600000;
    u32 at = 0;
#define NEXT do { if (!--left) return a ^ b; goto *code[program[at++ & 4095] & 7]; } while (0)
    NEXT;
add: a += b; NEXT;
push: b = a * 3 + program[at++ & 4095]; NEXT;
swap: { u64 t = a; a = b; b = t; } NEXT;
xor: a ^= b >> 7; NEXT;
mul: a = a * 0x9e3779b97f4a7c15ul + 1; NEXT;
again: if (a & 64) at -= 3; NEXT;
skip: if (b & 4) at += 5; NEXT;
rotate: b = b << 13 | b >> 51; NEXT;
}

#ifdef __x86_64__
/* ---- block moves: string instructions as kernels use them ---- */
static u8 moved[sizeof(text) * 2];

static NOINLINE u64 loop_moves(void)
{
    u64 sum = 0;
    for (u32 i = 0; i < 400; i++) {
        u8 *to = moved + i % 64;
        const u8 *from = text + i * 37 % 4096;
        u64 count = 4096 + i * 61 % 8192;
        asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
        u64 words = 512;
        u8 *clear = moved + 32768 + i % 8 * 8;
        asm volatile("rep stosq" : "+D"(clear), "+c"(words) : "a"((u64)i) : "memory");
        sum = sum * 31 + moved[i * 11 % 8192] + moved[33000 + i];
    }
    return sum;
}
#endif

void guest_main(void)
{
    static const char *const words[] = { "list ", "of ", "tokens ", "1234 ", "3.25 ", "+", "- ", "machine ", "x86 ", "42\n" };
    u32 seed = 7;
    for (u32 i = 0; i < sizeof(text);) {
        seed = seed * 1664525 + 1013904223;
        for (const char *p = words[(seed >> 16) % 10]; *p && i < sizeof(text); p++) text[i++] = *p;
    }
    for (u32 i = 0; i < sizeof(program); i++) { seed = seed * 1664525 + 1013904223; program[i] = seed >> 24; }
    sha_constants();
    check("the last constant of SHA-256", sha_k[63], 0xc67178f2);
    measure_start();
    measure("sha256", loop_sha256, 0x262d48953dcb3aa9ul);
    measure("search", loop_search, 0xcc790a856256af3eul);
    measure("list", loop_list, 0x2ea3248fef49fb8ful);
    measure("states", loop_states, 0xc12a1a9732e59fd8ul);
    measure("compress", loop_compress, 0xebf37ba1226a8669ul);
    measure("bytecode", loop_bytecode, 0xb55be0e2d276dcb1ul);
#ifdef __x86_64__
    measure("moves", loop_moves, 0xfe1dd2855b11a394ul);
#endif
}
