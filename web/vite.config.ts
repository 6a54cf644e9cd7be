// One HTML file in this folder is one page: add it to `input` and it lands beside playground.html in dist/.
// Everything a page loads gets a content-hashed name under dist/assets/, so the server can let it be cached for good.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = 'http://127.0.0.1:8000';

// ReDoc draws a picture of its makers' from their server; nothing here is loaded from elsewhere. And its program
// names modules `null` that only a server would have.
const redoc = {
  name: 'redoc',
  resolveId: (id: string) => (id === 'null' ? '\0nothing' : null),
  load: (id: string) => (id === '\0nothing' ? 'export default null' : null),
  transform(code: string, id: string) {
    if (!id.includes('redoc.standalone')) return null;
    return code.replaceAll(/https:\/\/cdn\.redoc\.ly\/[\w./-]+\.(svg|png)/g, 'data:,');
  },
};

export default defineConfig({
  base: '/',
  plugins: [react(), redoc],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    target: 'es2022',
    // The notices of everything bundled, to be handed on with it.
    license: { fileName: 'licenses.md' },
    // The polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
    // Monaco is one large piece whichever way it is cut.
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      input: { playground: 'playground.html', docs: 'docs.html', redoc: 'redoc.html' },
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
    open: '/playground.html',
    proxy: {
      '/graphql': {
        target: server,
        ws: true,
        changeOrigin: true,
        // The server compares Origin with Host; behind this proxy both must name the server.
        headers: { origin: server },
      },
    },
  },
});
