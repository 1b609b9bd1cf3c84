import type { ReactNode } from 'react';

interface Props {
  /** `text` gives what was typed into a field, by its name. */
  onSubmit: (text: (name: string) => string) => void;
  children: ReactNode;
}

export function Form({ onSubmit, children }: Props) {
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        onSubmit((name) => String(data.get(name) ?? ''));
      }}
    >
      {children}
    </form>
  );
}
