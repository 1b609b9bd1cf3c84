import type { Appearance, CustomFontSource } from '@stripe/stripe-js';
import { fontsOf } from './fonts';
import type { Theme } from './theme';

interface Look {
  appearance: Appearance;
  fonts: CustomFontSource[];
}

/** The look of `element` for the card form, which stands in a frame of another origin: the values of styles/palette.css. */
export function lookOf(element: Element, theme: Theme): Look {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const border = `1px solid ${value('--edge')}`;
  return {
    fonts: fontsOf(value('--font')),
    appearance: {
      theme: theme === 'dark' ? 'night' : 'stripe',
      variables: {
        fontFamily: value('--font'),
        fontSizeBase: '15px',
        colorPrimary: value('--engraver'),
        colorBackground: value('--surface'),
        colorText: value('--ink'),
        colorTextSecondary: value('--ink-2'),
        colorTextPlaceholder: value('--ink-2'),
        colorDanger: value('--seal'),
        borderRadius: value('--control-radius'),
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
    },
  };
}
