/** The frame that all of the server's own pages share. Everything that is not markup must be escaped. */
import { escapeHtml } from '../../shared/escape-html.ts'

export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
  h1 { margin-bottom: 0.2rem; } h2 { margin-top: 2.2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
  pre { padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
  code, pre { font: 14px/1.5 ui-monospace, monospace; }
  .notice { padding: 0.6rem 1rem; border-left: 4px solid #c77700; background: color-mix(in srgb, #c77700 12%, transparent); }
</style>
</head>
<body>
${body}
</body>
</html>
`
