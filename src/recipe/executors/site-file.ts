/**
 * @file The user's site file: what holds of the cluster rather than of a recipe, so that recipes stay portable.
 *
 *     # ~/.config/acanet/site.yaml, or $ACANET_SITE
 *     executor: { type: slurm, partition: gpu, account: speech, setup: [module load node/22] }
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseLocatedYaml } from '../../configuration/located-yaml.js';
import { checkLocated } from '../../configuration/schema-errors.js';
import { messageOf, UserError } from '../../errors.js';
import { executorAlone, type ExecutorOptions } from '../definition/executor-options.js';

/** Where it is looked for, and whether it must be there. */
function sitePath(): { path: string; named: boolean } {
  const { ACANET_SITE: named, XDG_CONFIG_HOME: configuration } = process.env;
  if (named) return { path: named, named: true };
  return { path: join(configuration || join(homedir(), '.config'), 'acanet', 'site.yaml'), named: false };
}

/** What the site file says of the executor; nothing where there is none. @throws UserError with file and line */
export function readSite(): ExecutorOptions {
  const { path, named } = sitePath();
  if (!named && !existsSync(path)) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const from = named ? ' ($ACANET_SITE)' : '';
    throw new UserError(`${path}${from}: the site file cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (text.trim() === '') return {};
  return checkLocated(executorAlone, parseLocatedYaml(text, path)).executor ?? {};
}
