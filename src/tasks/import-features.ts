/** @file The `features` of a configuration of `acanet import`: what the imported model was trained on. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { featureOptions, type FeatureOptions } from '../features/options.js';

/** @throws UserError naming `where`; also for the mean of a training set, which an imported model has not */
export function readImportFeatures(given: unknown, where: string): FeatureOptions {
  const { data, error } = featureOptions.safeParse(given);
  if (error) throw new UserError(`${where}: "features" are not those of a recipe: ${z.prettifyError(error)}`);
  if (data.normalize !== 'global') return data;
  throw new UserError(
    `${where}: "features": an imported model has no mean of its training set (normalize: global); expected mean, meanvar, a window or none`,
  );
}
