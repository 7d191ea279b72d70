/**
 * @file Bundles what `tsc` has compiled, and what it cannot compile:
 *
 * - the parts of TensorFlow.js and ECharts that acanet takes, beside the modules that import them;
 * - the page's script, in `dist/page`;
 * - what users run, in `dist/bundle`: the command line, the library, and beside them each worker and each process of its
 *   own (`*-worker.ts`, `*-process.ts`), for a module starts it from its own folder. A command on a
 *   recipe opens 464 files instead of 829, and `acanet run demo` where all is done takes 0.65 s instead of 0.91 s. Tests
 *   import from `dist/src`.
 *
 * With `--changed`, the first only where they are not there or older than what names them.
 */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

// TensorFlow.js compares with -0 where 0 is meant.
const logOverride = { 'equals-negative-zero': 'silent' };
const everywhere = { bundle: true, format: 'esm', logLevel: 'warning', logOverride };
const forNode = { ...everywhere, platform: 'node' };

const files = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

/** Runs `make`, unless only what has changed is wanted and `bundle` is newer than its source. */
async function unlessNewer(bundle, source, make) {
  const made = existsSync(bundle) && process.argv.includes('--changed') ? statSync(bundle).mtimeMs : 0;
  if (statSync(source).mtimeMs > made) await make();
}

await unlessNewer('dist/src/engine/tfjs.js', 'src/engine/tfjs-bundle.js', () =>
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

await unlessNewer('dist/src/report/figures/echarts.js', 'src/report/figures/echarts-bundle.js', () =>
  build({
    ...forNode,
    entryPoints: ['src/report/figures/echarts-bundle.js'],
    outfile: 'dist/src/report/figures/echarts.js',
  }),
);

await build({
  ...everywhere,
  entryPoints: ['src/page/app.ts', 'src/page/recorder-worklet.ts'],
  outdir: 'dist/page',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
});

const OUT = 'dist/bundle';
const { outputFiles } = await build({
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
  write: false,
});

// Each build has a folder of its own, named by its content: a command that runs keeps its code, whatever is built
// meanwhile. Some earlier ones stay for that.
const KEPT_BUILDS = 5;
const hash = createHash('sha256');
for (const { path, contents } of outputFiles) hash.update(basename(path)).update(contents);
const name = `build-${hash.digest('hex').slice(0, 12)}`;
const aside = join(OUT, `.${name}`);
mkdirSync(aside, { recursive: true });
for (const { path, contents } of outputFiles) writeFileSync(join(aside, basename(path)), contents);
if (existsSync(join(OUT, name))) rmSync(aside, { recursive: true });
else renameSync(aside, join(OUT, name));
utimesSync(join(OUT, name), new Date(), new Date());
for (const entry of ['command-line.js', 'library.js']) {
  writeFileSync(join(OUT, `.${entry}`), `export * from './${name}/${entry}';\n`);
  renameSync(join(OUT, `.${entry}`), join(OUT, entry));
}
const builds = readdirSync(OUT).filter((each) => /^\.?build-/.test(each));
const builtAt = (each) => statSync(join(OUT, each)).mtimeMs;
for (const old of builds.sort((a, b) => builtAt(b) - builtAt(a)).slice(KEPT_BUILDS))
  rmSync(join(OUT, old), { recursive: true });

const licences = [
  'echarts/NOTICE',
  'echarts/LICENSE',
  'echarts/licenses/LICENSE-d3',
  'zrender/LICENSE',
  'tslib/LICENSE.txt',
].map((part) => `== ${part}\n\n${readFileSync(`node_modules/${part}`, 'utf8').trim()}\n`);
writeFileSync(`${OUT}/echarts.LICENSE.txt`, licences.join('\n'));
