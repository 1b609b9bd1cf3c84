import fontUrl from '@fontsource-variable/hanken-grotesk/files/hanken-grotesk-latin-wght-normal.woff2?url';
import type { Appearance, CustomFontSource } from '@stripe/stripe-js';
import type { Theme } from './theme';

/** The page's look for the card form, which stands in a frame of another origin: the values of styles.css. */
export function appearanceOf(theme: Theme): Appearance {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const border = `1px solid ${value('--edge')}`;
  return {
    theme: theme === 'dark' ? 'night' : 'stripe',
    variables: {
      fontFamily: '"Hanken Grotesk Variable", system-ui, sans-serif',
      fontSizeBase: '15px',
      colorPrimary: value('--engraver'),
      colorBackground: value('--surface'),
      colorText: value('--ink'),
      colorTextSecondary: value('--ink-2'),
      colorTextPlaceholder: value('--ink-2'),
      colorDanger: value('--seal'),
      borderRadius: '8px',
      spacingUnit: '4px',
    },
    rules: {
      '.Label': { fontSize: '14px', fontWeight: '500', color: value('--ink') },
      '.Input': { border, boxShadow: 'none', padding: '10px 12px' },
      '.Input:focus': {
        border: `1px solid ${value('--engraver')}`,
        boxShadow: `0 0 0 1px ${value('--engraver')}`,
      },
      '.Input--invalid': { border: `1px solid ${value('--seal')}`, boxShadow: 'none' },
    },
  };
}

export const fonts: CustomFontSource[] = [
  {
    family: 'Hanken Grotesk Variable',
    src: `url(${new URL(fontUrl, window.location.href).href})`,
    weight: '100 900',
    style: 'normal',
  },
];
