import { LoaderCircle } from 'lucide-react';
import type { ComponentProps } from 'react';
import { buttonClasses, type Look } from './buttonClasses';

interface Props extends ComponentProps<'button'> {
  look?: Look;
  wide?: boolean;
  /** Locked, with a wheel; it keeps its size and its focus. */
  busy?: boolean;
}

export function Button({ look = 'secondary', wide, busy, children, onClick, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={buttonClasses(look, wide)}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}
