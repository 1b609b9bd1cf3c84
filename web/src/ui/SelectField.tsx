import { type ComponentProps, useId } from 'react';
import { classes } from './classes';

interface Props extends ComponentProps<'select'> {
  label: string;
  error?: string;
}

export function SelectField({ label, error, ...rest }: Props) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="block font-medium">
        {label}
      </label>
      <select
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-note` : undefined}
        className={classes(
          'mt-1 min-h-11 w-full rounded-control border bg-surface px-3',
          error ? 'border-seal' : 'border-edge',
        )}
      />
      {error && (
        <p id={`${id}-note`} className="mt-1 text-sm text-seal">
          {error}
        </p>
      )}
    </div>
  );
}
