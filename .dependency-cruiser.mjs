/** The import rules of the project: who may know whom. */

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'shared-is-pure',
      comment: 'shared/ runs in the service, the trainer and the page alike: it knows nothing of ours outside itself and no Node API.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(services|web|tests|bench|scripts)/' },
    },
    {
      name: 'shared-uses-no-node-api',
      severity: 'error',
      from: { path: '^shared/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'stream-stands-alone',
      severity: 'error',
      from: { path: '^services/stream/' },
      to: { path: '^(services/(?!stream/)|web/|bench/|scripts/)' },
    },
    {
      name: 'trainer-stands-alone',
      severity: 'error',
      from: { path: '^services/trainer/' },
      to: { path: '^(services/(?!trainer/)|web/|bench/|scripts/)' },
    },
    {
      name: 'web-stands-alone',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(services|bench|scripts)/' },
    },
    {
      name: 'tensorflow-only-where-needed',
      comment: 'tfjs-node is a native library: the trainer needs it, the stream service only in its optional engine.',
      severity: 'error',
      from: { path: '^(shared|services|web)/', pathNot: '^services/(trainer/|stream/models/tfjs-engine\\.ts$)' },
      to: { path: '(^|node_modules/)@tensorflow/tfjs' },
    },
    {
      name: 'tensorflow-on-demand',
      comment: 'The optional engine loads tfjs-node with import(), so that the service starts without the native library.',
      severity: 'error',
      from: { path: '^services/stream/' },
      to: { path: '(^|node_modules/)@tensorflow/tfjs', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: { path: '^(shared|services|web|scripts)/' },
      to: { path: '^tests/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(shared/kernel/assembly/|bench/peers/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'require', 'node', 'default'] },
  },
};
