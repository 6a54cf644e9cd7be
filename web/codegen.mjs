// Writes the types of all operations, from the schema and the `graphql(…)` calls in the sources, into src/shared/gql/AREA.
//
//   node codegen.mjs                              SCHEMA=one.graphql,two.graphql for other schema files
//
// Each page has an area of its own, with what is shared in it, so that no page carries the operations of another.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { gqlPluckFromCodeString } from '@graphql-tools/graphql-tag-pluck';
import { buildASTSchema, concatAST, isAbstractType, parse, validate } from 'graphql';

const AREAS = ['shared', 'chat', 'admin'];

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, 'src/shared/gql');
const schemaFiles = (process.env.SCHEMA ?? '../schema.graphql').split(',').map((file) => file.trim());
const schema = concatAST(await Promise.all(schemaFiles.map(async (file) => parse(await readFile(resolve(here, file), 'utf8')))));
const schemaAst = buildASTSchema(schema);

const documents = Object.fromEntries(await Promise.all(AREAS.map(async (area) => [area, await documentsOf(area)])));
for (const area of AREAS) {
  await generate(area, area === 'shared' ? documents.shared : [...documents.shared, ...documents[area]]);
}

// Which types an interface may be: the cache has no other way to know.
const abstract = Object.values(schemaAst.getTypeMap()).filter((type) => isAbstractType(type));
const possible = abstract.map((type) => [type.name, schemaAst.getPossibleTypes(type).map(({ name }) => name)]);
await writeFile(
  join(target, 'possibleTypes.ts'),
  `export const possibleTypes: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(possible))};\n`,
);

async function documentsOf(area) {
  const found = [];
  const root = join(here, 'src', area);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!/\.tsx?$/.test(file) || /\.test\.tsx?$/.test(file) || file.startsWith(target)) continue;
    const code = await readFile(file, 'utf8');
    if (!code.includes('graphql(')) continue;
    const location = relative(here, file);
    const options = { globalGqlIdentifierName: ['graphql'], gqlMagicComment: 'GraphQL', skipIndent: true };
    for (const source of await gqlPluckFromCodeString(file, code, options)) {
      // The text as it stands in the file is what the call is typed by.
      found.push({ location, document: parse(source.body), rawSDL: source.body });
    }
  }
  return found;
}

async function generate(area, sources) {
  const faults = sources.length === 0 ? [] : validate(schemaAst, concatAST(sources.map(({ document }) => document)));
  const real = faults.filter(({ message }) => !/^Fragment "\w+" is never used/.test(message));
  if (real.length > 0) throw new Error(`${area}: ${real.map(({ message }) => message).join('\n')}`);

  const baseOutputDir = `${join(target, area)}/`;
  await rm(baseOutputDir, { recursive: true, force: true });
  await mkdir(baseOutputDir, { recursive: true });
  const files = await preset.buildGeneratesSection({
    baseOutputDir,
    schema,
    schemaAst,
    documents: sources,
    plugins: [],
    pluginMap: {},
    documentTransforms: [],
    config: {
      documentMode: 'documentNode',
      strictScalars: true,
      scalars: { DateTime: 'string' },
      enumType: 'string-literal',
      useTypeImports: true,
    },
    presetConfig: { fragmentMasking: false },
  });
  // One of the files waits for another, so they are made together.
  const made = files.map(async (file) => writeFile(file.filename, await codegen(file)));
  await Promise.all(made);
}
