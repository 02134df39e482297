import { readFileSync } from 'node:fs'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  plugins: [react(), tailwindcss(), font()],
  build: {
    outDir: '../server/dist/pages',
    emptyOutDir: true,
    target: 'baseline-widely-available',
    // The content security policy allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
  },
  // `npm run dev` in this folder, beside a server started with `npm start`.
  server: { proxy: { '/auth': 'http://localhost:4000', '/dev/mailbox.json': 'http://localhost:4000' } },
})

/** Asks for the text font together with the script, so that no line of text moves; and ships the licence that the font demands. */
function font(): Plugin {
  return {
    name: 'font',
    apply: 'build',
    generateBundle() {
      const licence = new URL(import.meta.resolve('@fontsource-variable/geist/LICENSE'))
      this.emitFile({ type: 'asset', fileName: 'assets/geist.LICENSE.txt', source: readFileSync(licence) })
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const file = Object.keys(bundle ?? {}).find((name) => name.includes('geist-latin-wght-normal'))
        if (file === undefined) throw new Error('The font that index.html preloads is not in the bundle.')
        return [
          {
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${file}`, crossorigin: '' },
            injectTo: 'head',
          },
        ]
      },
    },
  }
}
