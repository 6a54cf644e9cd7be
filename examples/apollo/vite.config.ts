import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// A port of its own, so that all three can run side by side; and built pages that work below any path.
export default defineConfig({ base: './', plugins: [react()], server: { port: 5181, strictPort: true } });
