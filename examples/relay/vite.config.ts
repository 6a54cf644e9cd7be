import { transformAsync } from '@babel/core';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Puts what Relay's compiler made in the place of graphql`…`. */
const relay: Plugin = {
  name: 'relay',
  enforce: 'pre',
  async transform(code, id) {
    if (!code.includes('graphql`')) return null;
    const made = await transformAsync(code, {
      filename: id,
      configFile: false,
      babelrc: false,
      sourceMaps: true,
      parserOpts: { plugins: ['typescript', 'jsx'] },
      plugins: [['relay', { eagerEsModules: true }]],
    });
    return made?.code ? { code: made.code, map: made.map } : null;
  },
};

// A port of its own, so that all three can run side by side; and built pages that work below any path.
export default defineConfig({ base: './', plugins: [relay, react()], server: { port: 5183, strictPort: true } });
