/**
 * @file `import … from 'acanet'`: what programs may use. All else is private and may change in any version.
 *
 * The files of this folder declare their types themselves, so that the declarations of the package are these files
 * alone. What a user can mend is thrown as an error of the name `UserError`, whose message names the file, what was
 * expected, what was found and what to do.
 */
export { readAudio } from './audio.js';
export type { Audio, AudioPart } from './audio.js';
export { loadModel } from './load-model.js';
export type { LoadOptions, Model, TrainingFacts } from './load-model.js';
export { verify } from './verify.js';
export type { Verification, VerifyOptions } from './verify.js';
export { cllr, eer, minDcf } from './measures.js';
export type { Cost, Labels, Threshold } from './measures.js';
export { compareSystems } from './compare-systems.js';
export type {
  ComparedTrial,
  CompareSystemsOptions,
  ScoredSystem,
  SystemComparison,
  SystemDifference,
  SystemResult,
} from './compare-systems.js';
