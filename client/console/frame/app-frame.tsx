/** What stands around every page: where one is, who one is, whether it is saved. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconKeyboard, IconMoon, IconSun } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { ActingAs } from './acting-as.tsx'
import classes from './app-frame.module.css'
import { KeyHelp } from './key-help.tsx'
import { useKeyboard, useKeys } from './keys.ts'
import { Navigation } from './navigation.tsx'
import { SavedButton } from './saved-button.tsx'

export function AppFrame({ children }: { readonly children: ReactNode }) {
  const [isMenuOpen, menu] = useDisclosure(false)
  const [isHelpOpen, help] = useDisclosure(false)
  const scheme = useScheme()
  useKeyboard()
  useKeys('Everywhere', [
    { keys: '?', label: 'Show the keys', run: help.toggle },
    { keys: 't', label: 'Light or dark', run: scheme.toggle },
  ])
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
      classNames={{ header: classes.header ?? '', navbar: classes.navbar ?? '' }}
    >
      <a href="#main" className="skip-link">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={isMenuOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isMenuOpen ? 'Close the menu' : 'Open the menu'}
            />
            <Link href="/" className={classes.brand}>
              <img src="/favicon.svg" width={22} height={22} alt="" />
              <Text span fw={650} size="lg">
                Sluice
              </Text>
            </Link>
          </Group>
          <Group gap={4} wrap="nowrap">
            <SavedButton />
            <ActingAs />
            <Tooltip label={scheme.isDark ? 'Light' : 'Dark'}>
              <ActionIcon
                variant="subtle"
                color="gray"
                onClick={scheme.toggle}
                aria-label={`Switch to ${scheme.isDark ? 'light' : 'dark'}`}
              >
                {scheme.isDark ? <IconSun size={17} stroke={1.7} /> : <IconMoon size={17} stroke={1.7} />}
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Keys">
              <ActionIcon
                variant="subtle"
                color="gray"
                visibleFrom="sm"
                onClick={help.open}
                aria-label="Show the keys"
              >
                <IconKeyboard size={18} stroke={1.7} />
              </ActionIcon>
            </Tooltip>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        <Navigation onNavigate={menu.close} />
      </AppShell.Navbar>
      <MainPart>{children}</MainPart>
      <KeyHelp isOpen={isHelpOpen} onClose={help.close} />
    </AppShell>
  )
}

/** Whoever reads with his ears is told of a new page by the focus, which moves to it. */
function MainPart({ children }: { readonly children: ReactNode }) {
  const main = useRef<HTMLElement>(null)
  const page = useLocation()[0].split('/')[1]
  const shown = useRef(page)
  useEffect(() => {
    if (shown.current !== page) main.current?.focus()
    shown.current = page
  }, [page])
  return (
    <AppShell.Main id="main" tabIndex={-1} ref={main}>
      {children}
    </AppShell.Main>
  )
}

function useScheme(): { readonly isDark: boolean; readonly toggle: () => void } {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  return { isDark, toggle: () => setColorScheme(isDark ? 'light' : 'dark') }
}
