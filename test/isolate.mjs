/**
 * @file What mocha loads before any test, in every process of its own: what the user has configured must not reach the
 * tests, nor the commands that they start. There is no such folder, so there is no site file.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.XDG_CONFIG_HOME = join(tmpdir(), 'acanet-tests-have-no-configuration');
for (const name of ['ACANET_SITE', 'ACANET_RECIPE']) delete process.env[name];
