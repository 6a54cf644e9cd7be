// Writes the types of all `graphql(…)` calls of a folder into its gql/, from the server's schema. Relay has a compiler of
// its own. With GraphQL Code Generator's command line, `codegen.ts` in docs/clients/apollo.md does the same.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { gqlPluckFromCodeString } from '@graphql-tools/graphql-tag-pluck';
import { buildASTSchema, concatAST, NoUnusedFragmentsRule, parse, specifiedRules, validate } from 'graphql';

const here = import.meta.dirname;
const schema = parse(await readFile(join(here, '../schema.graphql'), 'utf8'));
const schemaAst = buildASTSchema(schema);

/** Fragments are also for writing to a cache. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);

// Plain fetch sends texts, and needs no parser; the other two want parsed documents.
await generate('shared', 'string');
await generate('apollo/src', 'documentNode');
await generate('urql/src', 'documentNode');

async function generate(folder, documentMode) {
  const baseOutputDir = `${join(here, folder, 'gql')}/`;
  await rm(baseOutputDir, { recursive: true, force: true });
  const documents = await documentsOf(folder);
  const faults = validate(schemaAst, concatAST(documents.map(({ document }) => document)), rules);
  if (faults.length > 0) throw new Error(`${folder}: ${faults.map(String).join('\n')}`);

  await mkdir(baseOutputDir, { recursive: true });
  const files = await preset.buildGeneratesSection({
    baseOutputDir,
    schema,
    schemaAst,
    documents,
    plugins: [],
    pluginMap: {},
    documentTransforms: [],
    config: {
      documentMode,
      strictScalars: true,
      scalars: { DateTime: 'string', ID: 'string' },
      enumType: 'string-literal',
      useTypeImports: true,
    },
    presetConfig: { fragmentMasking: false },
  });
  // One of the files waits for another, so they are made together.
  await Promise.all(files.map(async (file) => writeFile(file.filename, await codegen(file))));
}

async function documentsOf(folder) {
  const found = [];
  for (const entry of await readdir(join(here, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const code = await readFile(file, 'utf8');
    if (!code.includes('graphql(')) continue;
    const options = { globalGqlIdentifierName: ['graphql'], skipIndent: true };
    for (const { body } of await gqlPluckFromCodeString(file, code, options)) {
      // The text as it stands in the file is what the call is typed by.
      found.push({ location: file, document: parse(body), rawSDL: body });
    }
  }
  return found;
}
