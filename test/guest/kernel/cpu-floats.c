/*
 * Programs of `bench -- cpu` in SSE2's floating point: a matrix product in doubles, planets that pull at each other (square
 * roots and divisions), a Mandelbrot set in singles (comparisons, conversions), sums of vectors in packed singles.
 * A line: LOOP name checksum ticks rounds first, as cpu-loops.c prints them; TSC_KHZ tells the ticks' unit.
 * Checksums are the ones that the host gives (buildNative).
 */
#pragma GCC target("sse2,fpmath=sse")
#include "../lib/guest.h"
#include "../lib/measure.h"

static inline u64 bits_of(double v) { union { double f; u64 u; } x = { v }; return x.u; }

#define SIDE 72
static double left_side[SIDE][SIDE], right_side[SIDE][SIDE], product[SIDE][SIDE];

static NOINLINE u64 loop_fmatrix(void)
{
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            left_side[i][j] = (i * 7 + j * 3) % 31 / 8.0 - 1.3;
            right_side[i][j] = (i * 5 + j * 11) % 29 / 7.0 - 1.9;
        }
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            double sum = 0;
            for (int k = 0; k < SIDE; k++) sum += left_side[i][k] * right_side[k][j];
            product[i][j] = sum;
        }
    u64 sum = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) sum = sum * 31 + bits_of(product[i][j]);
    return sum;
}

static inline double root(double v)
{
    double r;
    asm("sqrtsd %1, %0" : "=x"(r) : "xm"(v));
    return r;
}

#define BODIES 5
static struct body { double x, y, z, vx, vy, vz, mass; } bodies[BODIES];

static NOINLINE u64 loop_nbody(void)
{
    for (int i = 0; i < BODIES; i++)
        bodies[i] = (struct body){ i * 1.7 - 3, i * i * 0.3 - 1, 0.4 - i * 0.1, 0.01 * i, 0.3 - i * 0.11, 0.02, 1.0 / (i + 1) };
    for (int step = 0; step < 3000; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) {
                struct body *p = &bodies[i], *q = &bodies[j];
                double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
                double square = dx * dx + dy * dy + dz * dz + 0.05;
                double pull = 0.001 / (square * root(square));
                p->vx -= dx * q->mass * pull; p->vy -= dy * q->mass * pull; p->vz -= dz * q->mass * pull;
                q->vx += dx * p->mass * pull; q->vy += dy * p->mass * pull; q->vz += dz * p->mass * pull;
            }
        for (int i = 0; i < BODIES; i++) {
            bodies[i].x += bodies[i].vx * 0.001; bodies[i].y += bodies[i].vy * 0.001; bodies[i].z += bodies[i].vz * 0.001;
        }
    }
    u64 sum = 0;
    for (int i = 0; i < BODIES; i++) sum = sum * 31 + (bits_of(bodies[i].x) ^ bits_of(bodies[i].vy));
    return sum;
}

static NOINLINE u64 loop_mandelbrot(void)
{
    u64 sum = 0;
    for (int row = 0; row < 96; row++)
        for (int column = 0; column < 96; column++) {
            float cx = column / 32.0f - 2.2f, cy = row / 40.0f - 1.2f, x = 0, y = 0;
            int n = 0;
            while (n < 60 && x * x + y * y < 4) {
                float t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
                n++;
            }
            sum = sum * 31 + n;
        }
    return sum;
}

typedef float v4 __attribute__((vector_size(16)));
static v4 many[4096], other[4096];

static NOINLINE u64 loop_vectors(void)
{
    for (int i = 0; i < 4096; i++) {
        float f = i % 97 * 0.37f + 1;
        many[i] = (v4){ f, f + 0.1f, f + 0.2f, f + 0.3f };
        other[i] = (v4){ 0.7f, 1.3f, 0.9f, 1.1f };
    }
    v4 sum = { 0, 0, 0, 0 };
    for (int pass = 0; pass < 12; pass++)
        for (int i = 0; i < 4096; i++) {
            many[i] = many[i] * other[i] + (v4){ 0.1f, 0.2f, 0.3f, 0.4f };
            sum += many[i];
        }
    union { v4 v; u32 u[4]; } x = { sum };
    return ((u64)x.u[0] << 32 | x.u[1]) ^ ((u64)x.u[2] << 16 | x.u[3]);
}

static void allow_floats(void)
{
#ifndef NATIVE /* there the system has allowed them */
    unsigned long cr0, cr4; /* as wide as registers */
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %0, %%cr0" : : "r"((cr0 & ~0xcul) | 2));
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    asm volatile("mov %0, %%cr4" : : "r"(cr4 | 0x600));
#endif
    u32 usual = 0x1f80;
    asm volatile("ldmxcsr %0" : : "m"(usual));
}

void guest_main(void)
{
    allow_floats();
    measure_start();
    measure("fmatrix", loop_fmatrix, 0x86e6e1f504bd8c24ul);
    measure("nbody", loop_nbody, 0xb02ec700d066235cul);
    measure("mandelbrot", loop_mandelbrot, 0x449224e08b0e7a28ul);
    measure("vectors", loop_vectors, 0x4838a20e951ea6fcul);
}
