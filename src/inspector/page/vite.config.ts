/** Builds the inspector's page into `dist/inspector/page`: hashed files, nothing inline, nothing from another origin. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../dist/inspector/page',
    emptyOutDir: true,
    target: 'es2023',
    // A file inlined as an address with data in it would need a wider policy than `self`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
