// One HTML file in this folder is one page: add it to `input` and it lands beside playground.html in dist/.
// Everything a page loads gets a content-hashed name under dist/assets/, so the server can let it be cached for good.
//
// `npm run dev` shows the pages as they are written, and takes the rest from the server at TERTULIA.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { Connect, Plugin, ProxyOptions } from 'vite';
import { defineConfig } from 'vitest/config';
import { compress } from './compress';

const server = process.env.TERTULIA ?? 'http://127.0.0.1:8000';
const sources = join(import.meta.dirname, 'src');

// ReDoc draws a picture of its makers' from their server; nothing here is loaded from elsewhere. And its program
// names modules `null` that only a server would have.
const redoc: Plugin = {
  name: 'redoc',
  resolveId: (id: string) => (id === 'null' ? '\0nothing' : null),
  load: (id: string) => (id === '\0nothing' ? 'export default null' : null),
  transform(code: string, id: string) {
    if (!id.includes('redoc.standalone')) return null;
    return code.replaceAll(/https:\/\/cdn\.redoc\.ly\/[\w./-]+\.(svg|png)/g, 'data:,');
  },
};

// A call of graphql(`…`) becomes the document that codegen made of it: without this every page would carry the texts
// of all operations, and a parser's worth of look-ups.
const documents: Plugin = {
  name: 'documents',
  enforce: 'pre',
  transform(code: string, id: string) {
    const area = /import \{ graphql \} from '([./]+\/gql\/\w+)';/.exec(code)?.[1];
    if (!id.startsWith(sources) || area === undefined) return null;
    const names: string[] = [];
    const call = /\bgraphql\(\s*`\s*(query|mutation|subscription|fragment)\s+(\w+)[^`]*`,?\s*\)/g;
    const changed = code.replace(call, (text: string, kind: string, name: string) => {
      const constant = `${name.charAt(0).toUpperCase()}${name.slice(1)}${kind === 'fragment' ? 'FragmentDoc' : 'Document'}`;
      names.push(constant);
      // As many lines as before, so that faults are found where they are.
      return constant + '\n'.repeat(text.split('\n').length - 1);
    });
    return changed.replace(/import \{ graphql \} from/, `import { ${names.join(', ')} } from`).replace(area, `${area}/graphql`);
  },
  configureServer(dev) {
    dev.watcher.on('change', (file) => {
      if (/\.tsx?$/.test(file) && !file.includes('/shared/gql/')) execFile('node', ['codegen.mjs'], { cwd: import.meta.dirname });
    });
    // As the server does: what is below /admin is one page, and `/` and what Vite does not know the other.
    const page: Connect.NextHandleFunction = (request, _response, next) => {
      if (/^\/admin(\/[^.]*)?(\?|$)/.test(request.url ?? '')) request.url = '/admin.html';
      next();
    };
    dev.middlewares.use(page);
  },
};

/** The server compares Origin with Host; behind this proxy both must name the server. */
const toServer: ProxyOptions = { target: server, ws: true, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  base: '/',
  plugins: [documents, react(), redoc, compress()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    target: 'es2022',
    // A picture in a stylesheet stays a file, so that the pages' policy need not allow more than it does.
    assetsInlineLimit: 0,
    // The notices of everything bundled, to be handed on with it.
    license: { fileName: 'licenses.md' },
    // The polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
    // Monaco is one large piece whichever way it is cut.
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      input: {
        index: 'index.html',
        admin: 'admin.html',
        playground: 'playground.html',
        docs: 'docs.html',
        redoc: 'redoc.html',
      },
      // What the chat and the desk share stays in few files, so that a page needs few requests.
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 3 },
            { name: 'client', test: /node_modules\/(@0no-co|@urql|i18next|react-i18next|react-router|urql|wonka)\/|web\/resume\/src\//, priority: 2 },
            { name: 'shared', test: /web\/src\/shared\/(api|session|ui|i18n\/[^/]+$|page)/, priority: 1 },
          ],
        },
      },
      // React Compiler leaves "use no memo" in GraphiQL's modules; it means nothing to a bundle.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
  // Bundling these ahead of time for `npm run dev` fails on their `?worker` imports.
  // What the workers themselves import has to be named: no page shows it.
  optimizeDeps: {
    exclude: ['graphiql/setup-workers/vite', '@graphiql/react/setup-workers/vite'],
    include: ['graphql-language-service', 'picomatch-browser'],
  },
  server: {
    // A test holds the desk's sentences against the document's.
    fs: { allow: ['.', '../docs'] },
    proxy: Object.fromEntries(['/graphql', '/media', '/api', '/.well-known'].map((path) => [path, toServer])),
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'jsdom',
    restoreMocks: true,
    unstubGlobals: true,
  },
});
