/**
 * @file What stages `model/<run>` write: a model folder with its scoring profile (`scoring/profile/scoring-profile.ts`),
 * which can be taken elsewhere as it is.
 */
import { PROFILE } from '../../scoring/profile/scoring-profile.js';
import { AVERAGE } from './average.js';

export const MODEL = { ...AVERAGE, profile: PROFILE.description, embeddings: PROFILE.embeddings } as const;
