import { Component, type ReactNode } from 'react';
import { ErrorNotice } from './ErrorNotice';

interface Props {
  name?: string;
  onRetry: () => void;
  children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { error: unknown; failed: boolean }> {
  override state = { error: null as unknown, failed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  retry = () => {
    this.props.onRetry();
    this.setState({ error: null, failed: false });
  };

  override render() {
    return this.state.failed ? (
      <ErrorNotice name={this.props.name} error={this.state.error} onRetry={this.retry} />
    ) : (
      this.props.children
    );
  }
}
