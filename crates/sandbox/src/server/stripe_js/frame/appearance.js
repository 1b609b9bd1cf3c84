// The page's wishes for the look: a theme, its variables as CSS variables, and rules for Stripe's class names.

const SYSTEM = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

const THEMES = {
  stripe: {
    colorPrimary: '#0570de', colorBackground: '#ffffff', colorText: '#30313d', colorDanger: '#c9182f',
    colorTextSecondary: '#5f606b', colorTextPlaceholder: '#6f707b', inputColorBorder: '#e0e1e6',
    inputBoxShadow: '0 1px 1px rgb(0 0 0 / 3%), 0 3px 6px rgb(0 0 0 / 2%)',
  },
  night: {
    colorPrimary: '#85d996', colorBackground: '#30313d', colorText: '#ffffff', colorDanger: '#fe87a1',
    colorTextSecondary: '#c1c2cb', colorTextPlaceholder: '#a9aab5', inputColorBorder: '#54555f', inputBoxShadow: 'none',
  },
  flat: {
    colorPrimary: '#0570de', colorBackground: '#f1f1f3', colorText: '#30313d', colorDanger: '#c9182f',
    colorTextSecondary: '#5f606b', colorTextPlaceholder: '#65666f', inputColorBorder: 'transparent', inputBoxShadow: 'none',
  },
};

const COMMON = {
  fontFamily: SYSTEM, fontSizeBase: '16px', fontLineHeight: '1.4', fontWeightNormal: '400', fontWeightMedium: '500',
  spacingUnit: '4px', borderRadius: '5px',
};

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

// A style sheet of its own, which a later wish replaces.
const RULES = new CSSStyleSheet();
const sheets = [RULES];
document.adoptedStyleSheets = sheets;

// What a rule says that CSS does not understand is left out.
function declarations(style) {
  const probe = document.createElement('i').style;
  for (const [name, value] of Object.entries(style)) {
    if (typeof value === 'string' || typeof value === 'number') probe.setProperty(kebab(name), String(value));
  }
  return probe.cssText;
}

function applyAppearance({ theme = 'stripe', variables = {}, rules = {} }) {
  const root = document.documentElement;
  root.removeAttribute('style');
  root.style.colorScheme = theme === 'night' ? 'dark' : 'light';
  const all = { ...COMMON, ...(THEMES[theme] ?? THEMES.stripe), ...variables };
  for (const [name, value] of Object.entries(all)) {
    if (/^[a-zA-Z0-9]+$/.test(name)) root.style.setProperty(`--${name}`, String(value));
  }
  const text = Object.entries(rules).flatMap(([selector, style]) => {
    // Stripe's selectors begin with a class and name its own elements only.
    if (!/^\.[\w-]+[\w\s.:,>()-]*$/.test(selector)) return [];
    const rule = `${selector} { ${declarations(style)} }`;
    // A rule for any state does not hide that a field is wrong or has the focus; one for that state may.
    return [/:|--/.test(selector) ? rule : `@layer plain { ${rule} }`];
  });
  RULES.replaceSync(text.join('\n'));
}

// The older Style object, of the elements for a card alone.
function applyStyle(style = {}) {
  const text = ['base', 'empty', 'complete', 'invalid'].flatMap((variant) => {
    const selector = variant === 'base' ? '.Input' : `.Input.is-${variant}`;
    const { iconColor, ...own } = style[variant] ?? {};
    const nested = Object.entries(own).filter(([name, value]) => /^::?[\w-]+$/.test(name) && typeof value === 'object');
    const lines = [`${selector} { ${declarations(own)} }`];
    for (const [pseudo, inner] of nested) lines.push(`${selector}${pseudo} { ${declarations(inner)} }`);
    if (iconColor) lines.push(`.Form.is-${variant} .Brand { ${declarations({ color: iconColor })} }`);
    return lines;
  });
  RULES.replaceSync(text.join('\n'));
}

// Fonts come from where the page says.
function loadFonts(fonts) {
  for (const { cssSrc, family, src, ...descriptors } of fonts) {
    if (cssSrc) {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: cssSrc });
      document.head.append(link);
    } else if (family && src) {
      document.fonts.add(new FontFace(family, src, descriptors));
    }
  }
  // Only what is used is loaded; a font that does not come is not there.
  document.fonts.forEach((font) => font.load().catch(() => {}));
}
