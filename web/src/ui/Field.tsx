import { type ComponentProps, useId } from 'react';
import { classes } from './classes';

interface Props extends ComponentProps<'input'> {
  label: string;
  hint?: string;
  error?: string;
}

export function Field({ label, hint, error, ...rest }: Props) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div>
      <label htmlFor={id} className="block font-medium">
        {label}
      </label>
      <input
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={classes(
          'mt-1 block min-h-11 w-full rounded-control border bg-surface px-3 py-2 placeholder:text-ink-2',
          error ? 'border-seal' : 'border-edge',
        )}
      />
      {note && (
        <p id={`${id}-note`} className={classes('mt-1 text-sm', error ? 'text-seal' : 'text-ink-2')}>
          {note}
        </p>
      )}
    </div>
  );
}
