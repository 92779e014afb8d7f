/*
 * Programs of `bench -- cpu` in x87's long doubles, which 64-bit programs compute with too: planets that pull at each other, and
 * numbers that are written as decimals and read again, as printf and strtold do (conversions to integers, which change the
 * control word, and comparisons).
 * A line: LOOP name checksum ticks rounds first, as cpu-loops.c prints them; TSC_KHZ tells the ticks' unit.
 * Checksums are the ones that the host gives (buildNative).
 */
#include "../lib/guest.h"
#include "../lib/measure.h"

typedef long double real;

static inline u64 bits_of(real v)
{
    union { real f; struct { u64 significand; u16 top; } u; } x = { v };
    return x.u.significand ^ (u64)x.u.top << 32;
}

static inline real root(real v)
{
    asm("fsqrt" : "+t"(v));
    return v;
}

#define BODIES 5
static struct body { real x, y, z, vx, vy, vz, mass; } bodies[BODIES];

static NOINLINE u64 loop_orbits(void)
{
    for (int i = 0; i < BODIES; i++)
        bodies[i] = (struct body){ i * 1.7L - 3, i * i * 0.3L - 1, 0.4L - i * 0.1L, 0.01L * i, 0.3L - i * 0.11L, 0.02L, 1.0L / (i + 1) };
    for (int step = 0; step < 4000; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) {
                struct body *p = &bodies[i], *q = &bodies[j];
                real dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
                real square = dx * dx + dy * dy + dz * dz + 0.05L;
                real pull = 0.001L / (square * root(square));
                p->vx -= dx * q->mass * pull; p->vy -= dy * q->mass * pull; p->vz -= dz * q->mass * pull;
                q->vx += dx * p->mass * pull; q->vy += dy * p->mass * pull; q->vz += dz * p->mass * pull;
            }
        for (int i = 0; i < BODIES; i++) {
            bodies[i].x += bodies[i].vx * 0.001L; bodies[i].y += bodies[i].vy * 0.001L; bodies[i].z += bodies[i].vz * 0.001L;
        }
    }
    u64 sum = 0;
    for (int i = 0; i < BODIES; i++) sum = sum * 31 + (bits_of(bodies[i].x) ^ bits_of(bodies[i].vy));
    return sum;
}

/* One digit and 18 decimals, and the exponent of ten; `v` is positive. */
static NOINLINE int write_decimal(real v, char *to)
{
    int exponent = 0;
    while (v >= 10) { v /= 10; exponent++; }
    while (v < 1) { v *= 10; exponent--; }
    for (int i = 0; i < 19; i++) {
        int digit = (int)v;
        to[i] = '0' + digit;
        v = (v - digit) * 10;
    }
    return exponent;
}

static NOINLINE real read_decimal(const char *from, int exponent)
{
    real v = 0, ten = 10, power = 1;
    for (int i = 0; i < 19; i++) v = v * 10 + (from[i] - '0');
    int n = exponent - 18, left = n < 0 ? -n : n;
    for (; left; left >>= 1, ten *= ten)
        if (left & 1) power *= ten;
    return n < 0 ? v / power : v * power;
}

static NOINLINE u64 loop_decimals(void)
{
    u64 sum = 0;
    real v = 0.0123456789L;
    for (int i = 0; i < 4000; i++) {
        char digits[19];
        int exponent = write_decimal(v, digits);
        real again = read_decimal(digits, exponent);
        double narrow = (double)again;
        sum = sum * 31 + (bits_of(again) ^ digits[7]) + (narrow < again);
        v = v * 1.37L + 0.001L;
        if (v > 1e9L) v /= 3e11L;
    }
    return sum;
}

static void allow_floats(void)
{
#ifndef NATIVE /* there the system has allowed them */
    unsigned long cr0; /* as wide as registers */
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %0, %%cr0" : : "r"((cr0 & ~0xcul) | 0x22));
#endif
    asm volatile("fninit");
}

void guest_main(void)
{
    allow_floats();
    measure_start();
    measure("orbits", loop_orbits, 0x2391ab1e77fccf2bul);
    measure("decimals", loop_decimals, 0xf772104f88048bd6ul);
}
