import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode, Ref } from 'react';
import type { Tone } from './Badge';
import { classes } from './classes';

const TONES: Record<Tone, string> = {
  good: 'border-engraver/40 bg-engraver-wash',
  warn: 'border-brass/40 bg-brass-wash',
  bad: 'border-seal/40 bg-seal-wash',
  plain: 'border-line bg-sunken',
};
const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, plain: Info };
const ICON_COLORS: Record<Tone, string> = {
  good: 'text-engraver',
  warn: 'text-brass',
  bad: 'text-seal',
  plain: 'text-ink-2',
};

interface Props {
  tone: Tone;
  title: ReactNode;
  children?: ReactNode;
  /** What can be done about it. */
  action?: ReactNode;
  /** Read out when it appears; for what went wrong. */
  alert?: boolean;
  ref?: Ref<HTMLDivElement>;
}

/** A message in its place. Its tone is said by an icon and by words, not by colour alone. */
export function Notice({ tone, title, children, action, alert, ref }: Props) {
  const Icon = ICONS[tone];
  return (
    <div
      ref={ref}
      role={alert ? 'alert' : undefined}
      tabIndex={ref ? -1 : undefined}
      className={classes(
        'flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-card border px-5 py-4',
        TONES[tone],
      )}
    >
      <div className="flex min-w-0 flex-1 basis-64 gap-3">
        <Icon aria-hidden className={classes('mt-0.5 size-5 shrink-0', ICON_COLORS[tone])} />
        <div className="min-w-0">
          <p className="font-semibold">{title}</p>
          {children && <div className="text-ink-2">{children}</div>}
        </div>
      </div>
      {action}
    </div>
  );
}
