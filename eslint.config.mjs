/** Lint rules: typescript-eslint's strict type-checked set, and the parts of our style that a machine can see. */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Hot loops over typed arrays, where an index is known to be inside. */
const NUMERIC_FILES = [
  'shared/{audio,features,kernel,detection,model,pipeline}/**',
  'web/audio/**',
  'services/trainer/**',
  'bench/**',
  'tests/**',
];
/** Programs that talk to a person on a terminal. */
const TERMINAL_FILES = ['bench/**', 'examples/**', 'services/trainer/main.ts', 'scripts/**', 'tests/load/k6/**'];
/** The only files that may read the environment: entry points, set-up, and what runs the tests. */
const ENVIRONMENT_FILES = ['services/*/main.ts', 'scripts/**', 'bench/**', 'tests/**', '*.config.{ts,mjs}'];

const ENVIRONMENT_RULES = {
  'no-restricted-properties': [
    'error',
    { object: 'process', property: 'env', message: 'Only main.ts reads the environment; pass settings.' },
  ],
  'no-restricted-imports': [
    'error',
    {
      paths: [
        { name: 'node:process', message: 'Use the global `process`, and only in main.ts.' },
        { name: 'process', message: 'Use the global `process`, and only in main.ts.' },
      ],
    },
  ],
};

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    '.cache/',
    'runs/',
    'mlruns/',
    'shared/kernel/assembly/',
    'bench/peers/',
    '*.config.mjs',
    '.dependency-cruiser.mjs',
  ]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...ENVIRONMENT_RULES,
      eqeqeq: 'error',
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-async-promise-executor': 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Only erasable TypeScript: use a union of literals.' },
        { selector: 'PropertyDefinition[accessibility="private"], MethodDefinition[accessibility="private"]', message: 'Private is `#`.' },
      ],
      'object-shorthand': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      'max-params': ['error', { max: 3 }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'error',
      // Numbers read well in messages; objects, arrays and nullish values stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A call as an arrow's body or an early return is clear: `() => socket.close()`.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // A constructor that only narrows the type of an error's code is not useless; the rule cannot see types.
      '@typescript-eslint/no-useless-constructor': 'off',
      // `process.env['PORT']` is what noPropertyAccessFromIndexSignature asks for.
      '@typescript-eslint/dot-notation': 'off',
      // A plain `for` with an index is our form for hot loops.
      '@typescript-eslint/prefer-for-of': 'off',
    },
  },
  { files: NUMERIC_FILES, rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  { files: TERMINAL_FILES, rules: { 'no-console': 'off' } },
  // k6 types its scenarios as classes, and takes plain objects.
  { files: ['tests/load/k6/**'], rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' } },
  { files: ENVIRONMENT_FILES, rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['**/*.mjs'],
    rules: {
      'no-undef': 'off', // the type checker knows the globals
      '@typescript-eslint/no-unsafe-assignment': 'off', // types stand in JSDoc, and the rules see through its casts
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off', // an empty variable counts as unset
    },
  },
  {
    files: ['tests/**', 'bench/**'],
    rules: {
      'max-lines-per-function': 'off', // a describe block holds a file's tests
      'max-params': 'off', // a property has as many parameters as it has generators
    },
  },
);
