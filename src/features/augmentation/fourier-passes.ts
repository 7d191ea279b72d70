/**
 * @file The passes of the Fourier transform: what Stockham's algorithm does for one factor of the length.
 *
 * Kernels of radix 8, 5 and 4 are written out (their twiddle factors are 1 for p = 0, which is all of the last pass).
 * They repeat each other in shape on purpose: loops over a radix that is a variable are several times slower. Layout:
 * real and imaginary parts apart, Float64Array.
 */

/** Reads one pair of arrays and writes the other. */
export type Pass = (xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array) => void;

/**
 * One pass. With s = stride and m groups: y[q + s(r·p + k)] = w^(p·k) · Σ_j x[q + s(p + m·j)]·exp(−2πi·j·k/r), where
 * w = exp(−2πi/(r·m)), p < m, q < s.
 */
export function createPass(radix: 4 | 5 | 8, m: number, s: number): Pass {
  const wr = new Float64Array(m * (radix - 1));
  const wi = new Float64Array(m * (radix - 1));
  for (let p = 0; p < m; p++) {
    for (let k = 1; k < radix; k++) {
      const angle = (-2 * Math.PI * ((p * k) % (radix * m))) / (radix * m);
      wr[p * (radix - 1) + k - 1] = Math.cos(angle);
      wi[p * (radix - 1) + k - 1] = Math.sin(angle);
    }
  }
  // A closure for each, so that every call has one target.
  if (radix === 8) return (xr, xi, yr, yi) => pass8(xr, xi, yr, yi, wr, wi, m, s);
  if (radix === 5) return (xr, xi, yr, yi) => pass5(xr, xi, yr, yi, wr, wi, m, s);
  return (xr, xi, yr, yi) => pass4(xr, xi, yr, yi, wr, wi, m, s);
}

function pass4(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  wr: Float64Array,
  wi: Float64Array,
  m: number,
  s: number,
): void {
  const step = s * m;
  for (let p = 0, t = 0; p < m; p++, t += 3) {
    const w1r = wr[t];
    const w1i = wi[t];
    const w2r = wr[t + 1];
    const w2i = wi[t + 1];
    const w3r = wr[t + 2];
    const w3i = wi[t + 2];
    for (let i = s * p, end = i + s, o = 4 * s * p; i < end; i++, o++) {
      const ar = xr[i];
      const ai = xi[i];
      const br = xr[i + step];
      const bi = xi[i + step];
      const cr = xr[i + 2 * step];
      const ci = xi[i + 2 * step];
      const dr = xr[i + 3 * step];
      const di = xi[i + 3 * step];
      const acr = ar + cr;
      const aci = ai + ci;
      const amcr = ar - cr;
      const amci = ai - ci;
      const bdr = br + dr;
      const bdi = bi + di;
      const bmdr = br - dr;
      const bmdi = bi - di;
      yr[o] = acr + bdr;
      yi[o] = aci + bdi;
      const y1r = amcr + bmdi;
      const y1i = amci - bmdr;
      const y2r = acr - bdr;
      const y2i = aci - bdi;
      const y3r = amcr - bmdi;
      const y3i = amci + bmdr;
      if (p === 0) {
        yr[o + s] = y1r;
        yi[o + s] = y1i;
        yr[o + 2 * s] = y2r;
        yi[o + 2 * s] = y2i;
        yr[o + 3 * s] = y3r;
        yi[o + 3 * s] = y3i;
      } else {
        yr[o + s] = y1r * w1r - y1i * w1i;
        yi[o + s] = y1r * w1i + y1i * w1r;
        yr[o + 2 * s] = y2r * w2r - y2i * w2i;
        yi[o + 2 * s] = y2r * w2i + y2i * w2r;
        yr[o + 3 * s] = y3r * w3r - y3i * w3i;
        yi[o + 3 * s] = y3r * w3i + y3i * w3r;
      }
    }
  }
}

const COS1 = Math.cos((2 * Math.PI) / 5);
const COS2 = Math.cos((4 * Math.PI) / 5);
const SIN1 = Math.sin((2 * Math.PI) / 5);
const SIN2 = Math.sin((4 * Math.PI) / 5);

function pass5(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  wr: Float64Array,
  wi: Float64Array,
  m: number,
  s: number,
): void {
  const step = s * m;
  for (let p = 0, t = 0; p < m; p++, t += 4) {
    const w1r = wr[t];
    const w1i = wi[t];
    const w2r = wr[t + 1];
    const w2i = wi[t + 1];
    const w3r = wr[t + 2];
    const w3i = wi[t + 2];
    const w4r = wr[t + 3];
    const w4i = wi[t + 3];
    for (let i = s * p, end = i + s, o = 5 * s * p; i < end; i++, o++) {
      const ar = xr[i];
      const ai = xi[i];
      const b1r = xr[i + step];
      const b1i = xi[i + step];
      const b4r = xr[i + 4 * step];
      const b4i = xi[i + 4 * step];
      const b2r = xr[i + 2 * step];
      const b2i = xi[i + 2 * step];
      const b3r = xr[i + 3 * step];
      const b3i = xi[i + 3 * step];
      const p1r = b1r + b4r;
      const p1i = b1i + b4i;
      const p2r = b2r + b3r;
      const p2i = b2i + b3i;
      const m1r = b1r - b4r;
      const m1i = b1i - b4i;
      const m2r = b2r - b3r;
      const m2i = b2i - b3i;
      yr[o] = ar + p1r + p2r;
      yi[o] = ai + p1i + p2i;
      const er = ar + COS1 * p1r + COS2 * p2r;
      const ei = ai + COS1 * p1i + COS2 * p2i;
      const fr = ar + COS2 * p1r + COS1 * p2r;
      const fi = ai + COS2 * p1i + COS1 * p2i;
      const gr = SIN1 * m1i + SIN2 * m2i;
      const gi = SIN1 * m1r + SIN2 * m2r;
      const hr = SIN2 * m1i - SIN1 * m2i;
      const hi = SIN2 * m1r - SIN1 * m2r;
      const y1r = er + gr;
      const y1i = ei - gi;
      const y2r = fr + hr;
      const y2i = fi - hi;
      const y3r = fr - hr;
      const y3i = fi + hi;
      const y4r = er - gr;
      const y4i = ei + gi;
      if (p === 0) {
        yr[o + s] = y1r;
        yi[o + s] = y1i;
        yr[o + 2 * s] = y2r;
        yi[o + 2 * s] = y2i;
        yr[o + 3 * s] = y3r;
        yi[o + 3 * s] = y3i;
        yr[o + 4 * s] = y4r;
        yi[o + 4 * s] = y4i;
      } else {
        yr[o + s] = y1r * w1r - y1i * w1i;
        yi[o + s] = y1r * w1i + y1i * w1r;
        yr[o + 2 * s] = y2r * w2r - y2i * w2i;
        yi[o + 2 * s] = y2r * w2i + y2i * w2r;
        yr[o + 3 * s] = y3r * w3r - y3i * w3i;
        yi[o + 3 * s] = y3r * w3i + y3i * w3r;
        yr[o + 4 * s] = y4r * w4r - y4i * w4i;
        yi[o + 4 * s] = y4r * w4i + y4i * w4r;
      }
    }
  }
}

function pass8(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  wr: Float64Array,
  wi: Float64Array,
  m: number,
  s: number,
): void {
  const step = s * m;
  const h = Math.SQRT1_2;
  for (let p = 0, t = 0; p < m; p++, t += 7) {
    for (let i = s * p, end = i + s, o = 8 * s * p; i < end; i++, o++) {
      // Two transforms of length 4, of the even and the odd inputs.
      const x0r = xr[i];
      const x0i = xi[i];
      const x4r = xr[i + 4 * step];
      const x4i = xi[i + 4 * step];
      const x2r = xr[i + 2 * step];
      const x2i = xi[i + 2 * step];
      const x6r = xr[i + 6 * step];
      const x6i = xi[i + 6 * step];
      const a0r = x0r + x4r;
      const a0i = x0i + x4i;
      const a1r = x0r - x4r;
      const a1i = x0i - x4i;
      const a2r = x2r + x6r;
      const a2i = x2i + x6i;
      const a3r = x2r - x6r;
      const a3i = x2i - x6i;
      const e0r = a0r + a2r;
      const e0i = a0i + a2i;
      const e2r = a0r - a2r;
      const e2i = a0i - a2i;
      const e1r = a1r + a3i;
      const e1i = a1i - a3r;
      const e3r = a1r - a3i;
      const e3i = a1i + a3r;
      const x1r = xr[i + step];
      const x1i = xi[i + step];
      const x5r = xr[i + 5 * step];
      const x5i = xi[i + 5 * step];
      const x3r = xr[i + 3 * step];
      const x3i = xi[i + 3 * step];
      const x7r = xr[i + 7 * step];
      const x7i = xi[i + 7 * step];
      const b0r = x1r + x5r;
      const b0i = x1i + x5i;
      const b1r = x1r - x5r;
      const b1i = x1i - x5i;
      const b2r = x3r + x7r;
      const b2i = x3i + x7i;
      const b3r = x3r - x7r;
      const b3i = x3i - x7i;
      const f0r = b0r + b2r;
      const f0i = b0i + b2i;
      // The odd half, already turned by exp(−2πi·k/8).
      const f2r = b0i - b2i;
      const f2i = b2r - b0r;
      const g1r = b1r + b3i;
      const g1i = b1i - b3r;
      const f1r = h * (g1r + g1i);
      const f1i = h * (g1i - g1r);
      const g3r = b1r - b3i;
      const g3i = b1i + b3r;
      const f3r = h * (g3i - g3r);
      const f3i = -h * (g3r + g3i);
      yr[o] = e0r + f0r;
      yi[o] = e0i + f0i;
      const y1r = e1r + f1r;
      const y1i = e1i + f1i;
      const y2r = e2r + f2r;
      const y2i = e2i + f2i;
      const y3r = e3r + f3r;
      const y3i = e3i + f3i;
      const y4r = e0r - f0r;
      const y4i = e0i - f0i;
      const y5r = e1r - f1r;
      const y5i = e1i - f1i;
      const y6r = e2r - f2r;
      const y6i = e2i - f2i;
      const y7r = e3r - f3r;
      const y7i = e3i - f3i;
      if (p === 0) {
        yr[o + s] = y1r;
        yi[o + s] = y1i;
        yr[o + 2 * s] = y2r;
        yi[o + 2 * s] = y2i;
        yr[o + 3 * s] = y3r;
        yi[o + 3 * s] = y3i;
        yr[o + 4 * s] = y4r;
        yi[o + 4 * s] = y4i;
        yr[o + 5 * s] = y5r;
        yi[o + 5 * s] = y5i;
        yr[o + 6 * s] = y6r;
        yi[o + 6 * s] = y6i;
        yr[o + 7 * s] = y7r;
        yi[o + 7 * s] = y7i;
      } else {
        yr[o + s] = y1r * wr[t] - y1i * wi[t];
        yi[o + s] = y1r * wi[t] + y1i * wr[t];
        yr[o + 2 * s] = y2r * wr[t + 1] - y2i * wi[t + 1];
        yi[o + 2 * s] = y2r * wi[t + 1] + y2i * wr[t + 1];
        yr[o + 3 * s] = y3r * wr[t + 2] - y3i * wi[t + 2];
        yi[o + 3 * s] = y3r * wi[t + 2] + y3i * wr[t + 2];
        yr[o + 4 * s] = y4r * wr[t + 3] - y4i * wi[t + 3];
        yi[o + 4 * s] = y4r * wi[t + 3] + y4i * wr[t + 3];
        yr[o + 5 * s] = y5r * wr[t + 4] - y5i * wi[t + 4];
        yi[o + 5 * s] = y5r * wi[t + 4] + y5i * wr[t + 4];
        yr[o + 6 * s] = y6r * wr[t + 5] - y6i * wi[t + 5];
        yi[o + 6 * s] = y6r * wi[t + 5] + y6i * wr[t + 5];
        yr[o + 7 * s] = y7r * wr[t + 6] - y7i * wi[t + 6];
        yi[o + 7 * s] = y7r * wi[t + 6] + y7i * wr[t + 6];
      }
    }
  }
}
