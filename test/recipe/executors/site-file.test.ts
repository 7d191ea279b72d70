/** @file The user's site file, and how a recipe's own section lies over it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overSite, resourcesOf } from '../../../src/recipe/definition/executor-options.js';
import { readSite } from '../../../src/recipe/executors/site-file.js';

describe('the site file', () => {
  let folder: string;
  const before_ = { ACANET_SITE: process.env.ACANET_SITE, XDG_CONFIG_HOME: process.env.XDG_CONFIG_HOME };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-site-'));
    process.env.ACANET_SITE = join(folder, 'site.yaml');
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before_)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const ofTests = readSite();
  const write = (text: string) => writeFileSync(process.env.ACANET_SITE!, text);

  it('of whoever runs the tests does not reach them', () => assert.deepEqual(ofTests, {}));

  it('says what holds of the site', () => {
    write('executor: { type: slurm, partition: gpu, time: 12:00:00, setup: [module load node/22] }\n');
    assert.deepEqual(readSite(), {
      ...{ type: 'slurm', partition: 'gpu', time: '12:00:00' },
      setup: ['module load node/22'],
    });
  });

  it('is looked for below the configuration folder, and need not be there', () => {
    delete process.env.ACANET_SITE;
    process.env.XDG_CONFIG_HOME = folder;
    assert.deepEqual(readSite(), {});
    mkdirSync(join(folder, 'acanet'));
    writeFileSync(join(folder, 'acanet/site.yaml'), 'executor: { account: speech }\n');
    assert.deepEqual(readSite(), { account: 'speech' });
  });

  it('that is named must be there', () => {
    assert.throws(readSite, /site\.yaml \(\$ACANET_SITE\): the site file cannot be read: there is no such file/);
  });

  for (const [text, message] of [
    [
      'executor:\n  partitoin: gpu\n',
      /unknown key "partitoin" → at executor \(did you mean "partition"\?\)\n.*site\.yaml:2/,
    ],
    ['executor:\n  time: soon\n', /expected minutes, or a time such as 12:00:00 .*got "soon" → at executor.time\n.*:2/],
    ['executor: { memory: lots }\n', /expected a size such as 8G, got "lots"/],
    [
      'executor: { stages: { trian: { gpus: 1 } } }\n',
      /unknown key "trian" → at executor.stages \(did you mean "train"\?\)/,
    ],
    ['executor: { type: slrum }\n', /expected "local" or "slurm" or "command", got "slrum"/],
    ['recipe: demo\n', /unknown key "recipe" → at the top level/],
  ] as const) {
    it(`is refused with its line: ${JSON.stringify(text)}`, () => {
      write(text);
      assert.throws(readSite, message);
    });
  }

  it('lies under the recipe, kind by kind; another type takes nothing from it', () => {
    const site = {
      type: 'slurm',
      partition: 'cpu',
      account: 'speech',
      stages: { train: { partition: 'gpu', gpus: 1 } },
    } as const;
    const own = { time: 60, stages: { train: { gpus: 2 }, prep: { cpus: 8 } } };
    const options = overSite(own, site);
    assert.deepEqual(options.stages, { prep: { cpus: 8 }, train: { partition: 'gpu', gpus: 2 } });
    const { partition, account, time, gpus } = resourcesOf(options, 'train');
    assert.deepEqual({ partition, account, time, gpus }, { partition: 'gpu', account: 'speech', time: 60, gpus: 2 });
    assert.equal(resourcesOf(options, 'features').partition, 'cpu');
    assert.deepEqual(overSite({ type: 'local' }, site), { type: 'local' });
    assert.deepEqual(overSite(undefined, site), { ...site, stages: { train: { partition: 'gpu', gpus: 1 } } });
  });
});
