/** Colours, type and density of the console. */
import type { CSSVariablesResolver, MantineColorsTuple } from '@mantine/core'
import { createTheme } from '@mantine/core'

/** Deep water: contrast 4.5 and more against white from shade 7 on. */
const water: MantineColorsTuple = [
  '#e6f6f8',
  '#cfe9ed',
  '#a0d3da',
  '#6dbbc6',
  '#45a7b5',
  '#2b98a8',
  '#168797',
  '#0b7285',
  '#0a6070',
  '#074c59',
]

/** Mantine's own greys of the night, with a little of the water in them. */
const dark: MantineColorsTuple = [
  '#d3dade',
  '#bcc5ca',
  '#8d989f',
  '#6b767d',
  '#39434a',
  '#2c3439',
  '#232a2f',
  '#1a1f23',
  '#15191c',
  '#0e1113',
]

export const theme = createTheme({
  primaryColor: 'water',
  primaryShade: { light: 7, dark: 7 },
  colors: { water, dark },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  components: {
    // An icon alone says nothing to who does not see it.
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Notification: { styles: { description: { color: 'var(--mantine-color-text)' } } },
  },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
})

/** Quiet text must still be read: Mantine's own dimmed grey, and its text on tints, are below a contrast of 4.5. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c6570',
    '--mantine-color-teal-light-color': '#065f46',
    '--mantine-color-orange-light-color': '#93370b',
    '--mantine-color-red-light-color': '#9b1c1c',
    '--mantine-color-blue-light-color': '#144a86',
    '--mantine-color-violet-light-color': '#4c2fa8',
    '--mantine-color-gray-light-color': '#3d464d',
    '--mantine-color-body': '#ffffff',
    '--console-surface': '#f7f9fa',
    '--console-line': '#e3e8eb',
  },
  dark: {
    '--mantine-color-dimmed': '#a3adb5',
    '--mantine-color-water-light': 'rgb(69 167 181 / 17%)',
    '--mantine-color-water-light-hover': 'rgb(69 167 181 / 25%)',
    '--mantine-color-water-light-color': '#a0d3da',
    '--mantine-color-grape-light': 'rgb(190 75 219 / 22%)',
    '--mantine-color-orange-light': 'rgb(247 103 7 / 20%)',
    '--mantine-color-orange-light-color': '#ffc9a3',
    '--mantine-color-teal-light': 'rgb(18 184 134 / 18%)',
    '--mantine-color-teal-light-color': '#96e6c8',
    '--mantine-color-body': '#15191c',
    '--console-surface': '#1a1f23',
    '--console-line': '#2c3439',
  },
})
