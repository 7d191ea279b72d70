/**
 * @file minCllr: what is left of Cllr after the best monotonic calibration (`pav.ts`), in bits; so it needs no
 * calibrated scores.
 */
import type { DetCurve } from './det-curve.js';
import type { Measure } from './measure.js';
import { hullCllr, hullCorners } from './pav.js';

export const minCllr: Measure<'minCllr', false> = {
  name: 'minCllr',
  title: 'minCllr',
  needsLlrs: false,
  format: 'bits',
  bounds: { greatest: 1, minimum: true },
  shown: ['comparison', 'tested', 'many systems', 'page'],
  evaluate: ({ curve }) => curveMinCllr(curve),
  weigh: () => (weighting) => {
    const { corners, count } = weighting.hull();
    return hullCllr(weighting, corners, count);
  },
};

/** minCllr of a curve, in bits. */
export function curveMinCllr(curve: DetCurve): number {
  const corners = new Uint32Array(curve.misses.length);
  return hullCllr(curve, corners, hullCorners(curve, curve.misses.length, corners));
}
