/**
 * @file Bundles what `tsc` has compiled, and what it cannot compile:
 *
 * - the parts of TensorFlow.js and ECharts that acanet takes, beside the modules that import them;
 * - the page's script, in `dist/page`;
 * - what users run, in `dist/bundle`: the command line, the library, and beside them each worker and each process of its
 *   own (`*-worker.ts`, `*-process.ts`), for a module starts it from its own folder. A command opens some dozens of files
 *   there instead of seven hundred, and has started in a third of the time. Tests import from `dist/src`.
 *
 * With `--changed`, the first two only where they are not there or older than their sources.
 */
import { build } from 'esbuild';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

// TensorFlow.js compares with -0 where 0 is meant.
const logOverride = { 'equals-negative-zero': 'silent' };
const everywhere = { bundle: true, format: 'esm', logLevel: 'warning', logOverride };
const forNode = { ...everywhere, platform: 'node' };

const files = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

/** Runs `make`, unless only what has changed is wanted and `bundle` is newer than all `sources`. */
async function unlessNewer(bundle, sources, make) {
  const made = existsSync(bundle) && process.argv.includes('--changed') ? statSync(bundle).mtimeMs : 0;
  if (sources.some((source) => statSync(source).mtimeMs > made)) await make();
}

await unlessNewer('dist/src/engine/tfjs.js', ['src/engine/tfjs-bundle.js'], () =>
  build({
    ...forNode,
    entryPoints: ['src/engine/tfjs-bundle.js'],
    outfile: 'dist/src/engine/tfjs.js',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
  }),
);

await unlessNewer('dist/src/report/figures/echarts.js', ['src/report/figures/echarts-bundle.js'], () =>
  build({
    ...forNode,
    entryPoints: ['src/report/figures/echarts-bundle.js'],
    outfile: 'dist/src/report/figures/echarts.js',
  }),
);

await unlessNewer('dist/page/app.js', files('src/page'), () =>
  build({
    ...everywhere,
    entryPoints: ['src/page/app.ts', 'src/page/recorder-worklet.ts'],
    outdir: 'dist/page',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
  }),
);

// A chunk has a hash of its content in its name. Those of some earlier builds stay: a command that runs may want them.
const OUT = 'dist/bundle';
const MOST_FILES = 2000;
const age = (file) => Date.now() - statSync(file).mtimeMs;
const inside = existsSync(OUT) ? files(OUT) : [];
for (const file of inside.sort((a, b) => age(a) - age(b)).slice(MOST_FILES)) rmSync(file);
await build({
  ...forNode,
  entryPoints: [
    { in: 'dist/src/cli/main.js', out: 'command-line' },
    { in: 'dist/src/library/index.js', out: 'library' },
    ...files('dist/src')
      .filter((path) => /-(worker|process)\.js$/.test(path))
      .map((path) => ({ in: path, out: basename(path, '.js') })),
  ],
  outdir: OUT,
  splitting: true,
  packages: 'external',
});

const licences = [
  'echarts/NOTICE',
  'echarts/LICENSE',
  'echarts/licenses/LICENSE-d3',
  'zrender/LICENSE',
  'tslib/LICENSE.txt',
].map((part) => `== ${part}\n\n${readFileSync(`node_modules/${part}`, 'utf8').trim()}\n`);
writeFileSync(`${OUT}/echarts.LICENSE.txt`, licences.join('\n'));
