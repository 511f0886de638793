/** Keeps a failure of one page from taking the whole console with it. */
import type { ReactNode } from 'react'
import { Component } from 'react'
import { LoadError } from '../components/load-error.tsx'

interface Props {
  readonly children: ReactNode
}

export class ErrorBoundary extends Component<Props, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    return error === null ? (
      this.props.children
    ) : (
      <LoadError error={error} onRetry={() => this.setState({ error: null })} />
    )
  }
}
