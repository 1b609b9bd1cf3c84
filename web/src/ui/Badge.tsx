import type { ReactNode } from 'react';
import { classes } from './classes';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

const TONES: Record<Tone, string> = {
  good: 'bg-engraver-wash text-engraver',
  warn: 'bg-brass-wash text-brass',
  bad: 'bg-seal-wash text-seal',
  plain: 'bg-sunken text-ink-2',
};

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span
      className={classes(
        'inline-block whitespace-nowrap rounded-full px-2.5 text-[13px] font-semibold',
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}
