// Relay throws what went wrong with a query where its data is used; this shows it there.
import { Component, type ReactNode } from 'react';

interface State {
  readonly error: Error | null;
}

export class Troubled extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? <p role="alert">{this.state.error.message}</p> : this.props.children;
  }
}
