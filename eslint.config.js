/**
 * @file Lint rules: typed linting of the TypeScript sources, and the direction in which the folders of src/ may import
 * each other (the tables below: a folder → the folders it may import; and the order of the rooms inside a folder). Only src/engine knows ONNX Runtime and
 * TensorFlow.js by name.
 */
import { dirname, join, relative, resolve, sep } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const mayImport = {
  storage: [],
  wasm: [],
  configuration: ['storage'],
  audio: ['storage'],
  corpus: ['storage', 'audio'],
  features: ['storage', 'wasm', 'audio', 'corpus'],
  engine: ['storage'],
  nn: ['engine'],
  models: ['storage', 'engine', 'nn'],
  training: ['storage', 'corpus', 'features', 'engine', 'nn', 'models'],
  scoring: ['storage', 'wasm', 'corpus', 'features', 'engine', 'models'],
  report: ['storage', 'corpus', 'scoring'],
  page: ['features', 'scoring'],
  tasks: [
    'storage',
    'configuration',
    'audio',
    'corpus',
    'features',
    'engine',
    'models',
    'training',
    'scoring',
    'report',
    'page',
  ],
};
mayImport.recipe = [...mayImport.tasks, 'nn', 'tasks'];
mayImport.library = [...mayImport.tasks, 'tasks'];

/** The rooms of a folder in the order in which they may import each other: each those before it. `.`: its own files. */
const rooms = {
  models: ['contract', 'pooling', '.'],
  training: ['optimisation', 'loss', '.'],
  corpus: ['manifest', 'trials', 'inspection', 'readers', 'export'],
  features: ['fbank', 'augmentation', '.', 'cache'],
  engine: ['program', 'trace', 'lower', 'passes', 'dynamic-sizes', 'onnx', 'engines-folder', '.', 'install'],
  scoring: ['scores', 'backend', 'measures', 'calibration', 'intervals', 'profile'],
  report: ['text', 'comparison', 'figures', 'html', '.'],
  recipe: [
    'definition',
    'artifacts',
    'running',
    'examination',
    'extraction',
    'scores',
    'robustness',
    'comparison',
    'report-data',
    'stages',
    'planning',
    'executors',
    '.',
  ],
};

/** The folder of src/ that a path lies in; undefined for files right in src/, which everyone may import, and others. */
function folderOf(path) {
  const parts = relative(join(import.meta.dirname, 'src'), path).split(sep);
  return parts.length > 1 && parts[0] !== '..' ? parts[0] : undefined;
}

/** The room of its folder that a path lies in. */
function roomOf(path) {
  const [, room, ...rest] = relative(join(import.meta.dirname, 'src'), path).split(sep);
  return rest.length > 0 ? room : '.';
}

/** Stages are leaves: others know them by what they write (recipe/artifacts), and only their list imports them. */
const stages = { files: /\/recipe\/stages\/stage-[^/]+$/, list: /\/recipe\/stages\/stages\.ts$/ };

/** Checks the tables above, for static imports, `import()`, re-exports and imported types alike. */
const importDirection = {
  meta: { type: 'problem', schema: [] },
  create({ filename, report }) {
    const folder = folderOf(filename) ?? '';
    const order = rooms[folder];
    const allowed = ['', folder, ...(mayImport[folder] ?? [])];
    const check = ({ source }) => {
      // The bundle of TensorFlow.js is a package in all but name.
      if (!source || typeof source.value !== 'string' || !/^\.(?!.*\/tfjs\.js$)/.test(source.value)) return;
      const path = resolve(dirname(filename), source.value);
      const other = folderOf(path) ?? '';
      if (stages.files.test(path) && !stages.list.test(filename)) {
        report({ node: source, message: 'Only stages.ts may import a stage: what stages share lies in other rooms.' });
      }
      if (folder !== 'cli' && !allowed.includes(other)) {
        report({ node: source, message: `src/${folder} may import only ${allowed.filter(Boolean).join(', ')}.` });
      } else if (order && other === folder) {
        const [from, to] = [filename, path].map((each) => order.indexOf(roomOf(each)));
        if (from < 0)
          report({ node: source, message: `${roomOf(filename)} is not in the table of rooms of src/${folder}.` });
        else if (to > from) {
          report({ node: source, message: `In src/${folder}, ${order[from]} may not import ${order[to]}.` });
        }
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    };
  },
};

export default tseslint.config(
  { ignores: ['dist/', 'exp/', 'node_modules/', 'test/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'Buffer', 'performance', 'setTimeout', 'clearTimeout'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['**/*.d.ts'],
    extends: [tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Typed arrays are indexed in every inner loop, where `!` and plain indexing are the readable choice.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-ignore': true, 'ts-expect-error': true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { acanet: { rules: { 'import-direction': importDirection } } },
    rules: { 'acanet/import-direction': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/engine/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['onnxruntime-*', '@tensorflow/*'],
              message: 'Only src/engine knows the engines by name; import from src/engine instead.',
            },
          ],
        },
      ],
      // The same for `import('onnxruntime-node')`, which no-restricted-imports does not see.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportExpression[source.value=/^(onnxruntime-|@tensorflow\\u002F)/]',
          message: 'Only src/engine knows the engines by name; import from src/engine instead.',
        },
      ],
    },
  },
  {
    // Mocha reports a rejected hook or test itself; assertions are often bare expressions.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.type='ThisExpression'][callee.property.name='skip']",
          message: "A skipped test says why: skip(this, 'what is missing') of test/skip.ts.",
        },
        {
          selector:
            "CallExpression[callee.object.type='ThisExpression'][callee.property.name='timeout'][arguments.0.value>0]",
          message: 'One time limit for all tests, far above what a loaded machine needs: .mocharc.json.',
        },
      ],
    },
  },
);
