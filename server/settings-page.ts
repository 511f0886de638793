/** Renders `docs/SETTINGS.md`: every setting and every fixed limit, with its default. */
import { defaultAutomergeLimits } from './gate/automerge-limits.ts'
import { defaultAwarenessLimits } from './gate/awareness-gate.ts'
import { defaultSyncLimits } from './gate/sync-message.ts'
import { defaultYjsLimits } from './gate/yjs-limits.ts'
import { readSettings, settingTable } from './settings.ts'

export function renderSettingsPage(): string {
  const defaults = readSettings({})
  if (!defaults.ok) throw new RangeError('the defaults do not pass their own checks')
  const settings = Object.entries(settingTable).map(([name, { env, description }]) => {
    const fallback = defaults.settings[name as keyof typeof settingTable]
    return `| \`${env}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${description} |`
  })
  return `# Settings

Read from the environment at start. A wrong one is refused with its name. Written by
\`node scripts/write-settings-page.mjs\`; do not edit.

| variable | default | meaning |
|---|---|---|
${settings.join('\n')}

## Limits of the gates

Fixed in this version. A frame, change or update beyond one of them is refused with a reason.

| limit | value |
|---|---|
${[
  ...limitRows('automerge', defaultAutomergeLimits),
  ...limitRows('automerge sync', defaultSyncLimits),
  ...limitRows('yjs', defaultYjsLimits),
  ...limitRows('awareness', defaultAwarenessLimits),
].join('\n')}
`
}

const limitRows = (gate: string, limits: object): readonly string[] =>
  Object.entries(limits).map(([name, value]) => `| ${gate}: \`${name}\` | ${value} |`)
