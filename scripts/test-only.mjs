/**
 * @file `npm run test:only -- test/AREA/NAME.test.ts [-g NAME]`: one test file in seconds. Compiles what has changed
 * since the last build, file by file and without checking types, to what `npm run build` would write; then runs mocha
 * on the files given. All other arguments are mocha's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const compiledName = (source) => `dist/${relative('.', source).replace(/\.ts$/, '.js')}`;

/** Compiles each source that is newer than what was made of it. */
function compileChanged() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => console.error(messageText) };
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, host);
  // A file alone does not say that its package is one of ES modules.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  for (const fileName of fileNames.filter((name) => !name.endsWith('.d.ts'))) {
    const compiled = compiledName(fileName);
    if (existsSync(compiled) && statSync(compiled).mtimeMs >= statSync(fileName).mtimeMs) continue;
    const { outputText, sourceMapText } = ts.transpileModule(ts.sys.readFile(fileName), { fileName, compilerOptions });
    mkdirSync(dirname(compiled), { recursive: true });
    writeFileSync(compiled, outputText);
    writeFileSync(`${compiled}.map`, sourceMapText);
  }
}

/** Whether a bundle is not there, or older than a file of the folder that it is made of. */
function isOlder(bundle, folder) {
  if (!existsSync(bundle)) return true;
  const made = statSync(bundle).mtimeMs;
  return readdirSync(folder).some((name) => name.endsWith('.js') && statSync(`${folder}/${name}`).mtimeMs > made);
}

const args = process.argv.slice(2).map((arg) => (/\.test\.ts$/.test(arg) ? compiledName(arg) : arg));
if (!args.some((arg) => /\.test\.js$/.test(arg))) {
  console.error('expected a test file, such as: npm run test:only -- test/audio/g711.test.ts');
  process.exit(1);
}
compileChanged();
if (isOlder('dist/src/page/bundle/app.js', 'dist/src/page'))
  spawnSync('npm', ['run', '--silent', 'build:page'], { stdio: 'inherit' });
spawnSync('npm', ['run', '--silent', 'build:types'], { stdio: 'inherit' });
for (const [bundle, path] of Object.entries({ tfjs: 'engine/tfjs.js', echarts: 'report/figures/echarts.js' }))
  if (!existsSync(`dist/src/${path}`)) spawnSync('npm', ['run', '--silent', `build:${bundle}`], { stdio: 'inherit' });
const mocha = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'));
process.exit(spawnSync(process.execPath, [mocha, ...args], { stdio: 'inherit' }).status ?? 1);
