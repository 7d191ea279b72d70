/**
 * @file Lint rules: typed linting of the TypeScript sources, and the direction in which the folders of src/ may import
 * each other (the table below, read: a folder → the folders it may import). Only src/engine knows ONNX Runtime and
 * TensorFlow.js by name.
 */
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const mayImport = {
  storage: [],
  audio: ['storage'],
  corpus: ['storage', 'audio'],
  features: ['storage', 'audio', 'corpus'],
  engine: ['storage'],
  nn: ['engine'],
  models: ['storage', 'engine', 'nn'],
  training: ['storage', 'corpus', 'features', 'engine', 'nn', 'models'],
  scoring: ['storage', 'corpus', 'features', 'engine', 'models'],
  report: ['storage', 'corpus', 'scoring'],
  recipe: ['storage', 'audio', 'corpus', 'features', 'engine', 'nn', 'models', 'training', 'scoring', 'report'],
};
const folders = [...Object.keys(mayImport), 'cli'];

/** One zone a forbidden pair: files in `target` must not import files in `from`. */
const zones = Object.entries(mayImport).flatMap(([folder, allowed]) =>
  folders
    .filter((other) => other !== folder && !allowed.includes(other))
    .map((other) => ({
      target: `./src/${folder}`,
      from: `./src/${other}`,
      message: `src/${folder} may import only ${['errors', 'random', ...allowed].join(', ')}.`,
    })),
);

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
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
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
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'import-x/no-self-import': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
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
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
);
