/** @file What stages `calibrate/<run>` write: the scores as log-likelihood ratios, and how that was learned. */
import { z } from 'zod';
import type { CalibrationReport } from '../../tasks/score-files/calibrate-score-files.js';
import { jsonArtifact, pathsIn, reliedOn, runAgain } from './json-artifact.js';

export const CALIBRATE = {
  record: 'calibration.json',
  /** Natural log-likelihood ratios, where the development trials can teach anything. */
  llrs: 'llrs.txt',
} as const;

export const calibrateFiles = (folder: string) => pathsIn(folder, CALIBRATE);

const calibrationReport = reliedOn<CalibrationReport>(
  z.object({ calibration: z.object({ separable: z.boolean().optional() }).optional() }),
);

const runCalibration = z.discriminatedUnion('usable', [
  z.object({ usable: z.literal(true), trials: z.number(), report: calibrationReport }),
  z.object({
    usable: z.literal(false),
    /** Why the development trials teach nothing. */
    reason: z.string(),
  }),
]);
export type RunCalibration = z.infer<typeof runCalibration>;

export const calibrationRecord = jsonArtifact(CALIBRATE.record, {
  schema: runCalibration,
  remedy: runAgain('calibrate'),
});
