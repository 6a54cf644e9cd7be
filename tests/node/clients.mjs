// Does the schema suit the tools its clients generate code with? GraphQL Code Generator's output must pass the
// TypeScript compiler, Relay's compiler must accept every sample, and the samples must use every root field there is.
//
//   node clients.mjs SCHEMA_FILE
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildSchema, concatAST, Kind, parse, Source, validate } from 'graphql';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);

const schemaFile = process.argv[2];
if (!schemaFile) {
  console.error('usage: node clients.mjs SCHEMA_FILE');
  process.exit(2);
}

const sdl = await readFile(schemaFile, 'utf8');
const schema = buildSchema(sdl);
const folder = await mkdtemp(join(tmpdir(), 'tertulia-clients-'));
const faults = [];
try {
  await check('samples', () => samplesAreValid());
  await check('codegen', () => codegenCompiles());
  await check('relay', () => relayCompiles());
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(faults.length === 0 ? 0 : 1);

async function check(name, action) {
  try {
    console.log(`ok ${name}: ${await action()}`);
  } catch (error) {
    faults.push(name);
    // A compiler that fails says why on its own output.
    console.error(`${name}: ${[error.stdout, error.stderr].filter(Boolean).join('\n') || error.message}`);
  }
}

async function documents() {
  const root = join(here, 'operations/codegen');
  const names = (await readdir(root)).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(root, name), 'utf8');
      return { location: name, document: parse(new Source(text, name)) };
    }),
  );
}

async function samplesAreValid() {
  const all = concatAST((await documents()).map((each) => each.document));
  const errors = validate(schema, all);
  if (errors.length > 0) throw new Error(errors.map((error) => error.toString()).join('\n\n'));

  const operations = all.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const used = new Set(
    operations.flatMap(({ operation, selectionSet }) => selectionSet.selections.map((field) => `${operation} ${field.name.value}`)),
  );
  const roots = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() };
  const present = Object.entries(roots).flatMap(([operation, type]) =>
    Object.keys(type?.getFields() ?? {}).map((field) => `${operation} ${field}`),
  );
  const unused = present.filter((field) => !used.has(field));
  if (unused.length > 0) throw new Error(`add a sample under operations/codegen/ for: ${unused.join(', ')}`);
  return `${operations.length} operations use all ${present.length} root fields`;
}

async function codegenCompiles() {
  const project = join(folder, 'codegen');
  await mkdir(project);
  const pluginMap = { typescript, typescriptOperations, typedDocumentNode };
  const config = { strictScalars: true, scalars: { DateTime: 'string' }, useTypeImports: true };
  const common = { schema: parse(sdl), documents: await documents(), pluginMap };
  const outputs = [
    { filename: 'schema.ts', config, plugins: [{ typescript: {} }] },
    {
      filename: 'operations.ts',
      config: { ...config, importSchemaTypesFrom: './schema.ts' },
      plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
    },
  ];
  let lines = 0;
  for (const output of outputs) {
    const text = await codegen({ ...common, ...output });
    await writeFile(join(project, output.filename), text);
    lines += text.split('\n').length;
  }
  await cp(join(here, 'operations/codegen/use.ts'), join(project, 'use.ts'));
  await symlink(join(here, 'node_modules'), join(project, 'node_modules'), 'junction');
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [],
    verbatimModuleSyntax: true,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  await node('typescript/bin/tsc', ['-p', '.'], project);
  return `${lines} lines pass tsc`;
}

async function relayCompiles() {
  const project = join(folder, 'relay');
  const artifacts = join(project, 'artifacts');
  await cp(join(here, 'operations/relay'), join(project, 'src'), { recursive: true });
  await mkdir(artifacts);
  await writeFile(join(project, 'schema.graphql'), sdl);
  const config = {
    src: './src',
    schema: './schema.graphql',
    artifactDirectory: './artifacts',
    language: 'typescript',
    eagerEsModules: true,
    customScalarTypes: { DateTime: 'string' },
  };
  await writeFile(join(project, 'relay.config.json'), JSON.stringify(config));
  await node('relay-compiler/cli.js', ['--noWatchman', '--output', 'quiet-with-errors', './relay.config.json'], project);
  const made = (await readdir(artifacts)).filter((name) => name.endsWith('.graphql.ts'));
  if (made.length === 0) throw new Error('the compiler wrote nothing');
  return `${made.length} artifacts`;
}

function node(script, args, cwd) {
  return run(process.execPath, [join(here, 'node_modules', script), ...args], { cwd });
}
