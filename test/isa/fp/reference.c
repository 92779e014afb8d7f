// Errors of x87 transcendental results in units of their last place, against libquadmath's 113-bit functions.
// Circular functions are first reduced, exactly, by the 66-bit pi that x87 documents. Reads records from standard input,
// writes two doubles per record (the second result is that of FSINCOS).
// Runs in: a process of its own, started by transcendental.test.ts. gcc on x86-64 only.
#include <quadmath.h>
#include <stdint.h>
#include <stdio.h>

struct request { uint32_t op, pad[3]; long double x, y, first, second; };

static double error(__float128 reference, long double ours) {
  if (isnanq(reference)) return ours != ours ? 0 : 1e9;
  if (reference == (__float128)ours) return 0;
  if (isinfq(reference) && __builtin_fabsl(ours) == __LDBL_MAX__) return 0; // overflow, rounded towards zero
  if (isinfq(reference) || __builtin_isinf(ours)) return 1e9;
  int exponent;
  frexpq(reference, &exponent);
  if (exponent < -16381) exponent = -16381;
  double distance = (double)ldexpq(fabsq(reference - ours), 64 - exponent);
  return distance;
}

int main(void) {
  struct request r;
  const __float128 half_pi = ldexpq((__float128)0xC90FDAA22168C234, -63) + ldexpq((__float128)0xC, -67);
  while (fread(&r, sizeof r, 1, stdin) == 1) {
    __float128 x = r.x, y = r.y, first = 0, second = r.second;
    int n = 0;
    __float128 reduced = r.op == 0xf2 || r.op >= 0xfb ? remquoq(x, half_pi, &n) : 0;
    __float128 s = sinq(reduced), c = cosq(reduced);
    __float128 sine = n & 1 ? c : s, cosine = n & 1 ? s : c;
    if (n & 2) sine = -sine;
    if ((n + 1) & 2) cosine = -cosine;
    switch (r.op) {
      case 0xf0: first = expm1q(x * M_LN2q); break;
      case 0xf1: first = y * log2q(x); break;
      case 0xf2: first = sine / cosine; break;
      case 0xf3: first = atan2q(y, x); break;
      case 0xf9: first = y * log1pq(x) / M_LN2q; break; // in this order: log1p of a denormal must not lose bits
      case 0xfb: first = sine; second = cosine; break;
      case 0xfe: first = sine; break;
      case 0xff: first = cosine; break;
    }
    double errors[2] = { error(first, r.first), error(second, r.second) };
    fwrite(errors, sizeof errors, 1, stdout);
  }
  return 0;
}
