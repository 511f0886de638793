// Bundles a module as an app's build would, for a browser.
import { build } from 'esbuild'

export async function bundle(entry: string, options: { readonly minify?: boolean } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: options.minify ?? false,
  })
  return outputFiles[0]?.text ?? ''
}
