import type { CustomFontSource } from '@stripe/stripe-js';

/** The files of a family, as the page's style sheets tell them: for Stripe's frames, which see none of the page. */
export function fontsOf(family: string): CustomFontSource[] {
  const first = nameOf(family.split(',')[0] ?? '');
  return [...document.styleSheets].flatMap((sheet) =>
    rulesOf(sheet)
      .filter((rule) => nameOf(rule.style.getPropertyValue('font-family')) === first)
      .map(({ style }) => ({
        family: first,
        src: absolute(style.getPropertyValue('src'), sheet.href ?? document.baseURI),
        weight: style.getPropertyValue('font-weight') || 'normal',
        style: style.getPropertyValue('font-style') === 'italic' ? 'italic' : 'normal',
        unicodeRange: style.getPropertyValue('unicode-range') || undefined,
      })),
  );
}

const nameOf = (family: string) => family.trim().replace(/^["']|["']$/g, '');

/** None, of a sheet from another origin: the browser does not show it. */
function rulesOf(sheet: CSSStyleSheet): CSSFontFaceRule[] {
  try {
    return [...sheet.cssRules].filter((rule): rule is CSSFontFaceRule => rule instanceof CSSFontFaceRule);
  } catch {
    return [];
  }
}

function absolute(src: string, base: string): string {
  const url = /url\(["']?([^"')]+)["']?\)/.exec(src)?.[1];
  return url ? `url(${new URL(url, base).href})` : src;
}
