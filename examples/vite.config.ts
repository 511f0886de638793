// Serves the examples: each connects to the origin that it comes from, and `/sync` there is Sluice, as behind a proxy.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const proxy = {
  '/sync': { target: process.env.SLUICE_URL ?? 'http://127.0.0.1:4800', ws: true },
}

export default defineConfig({
  plugins: [react()],
  // `await` at the top of a module.
  build: { target: 'es2022' },
  server: { proxy },
  preview: { proxy },
})
