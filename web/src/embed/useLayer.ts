import { useInsertionEffect, useState } from 'react';
import type { Theme } from '../lib/theme';

/**
 * The element, at the end of the body, for what lies over the host's page: out of the reach of whatever the host does
 * with the elements around a piece. It is there before a dialog in it looks for its focus. Null on a server.
 */
export function useLayer(theme: Theme, locale: string): HTMLElement | null {
  const [layer] = useState(() => (typeof document === 'undefined' ? null : document.createElement('div')));
  useInsertionEffect(() => {
    if (!layer) return;
    layer.className = 'allthrive';
    layer.dataset.layer = '';
    document.body.append(layer);
    return () => layer.remove();
  }, [layer]);
  useInsertionEffect(() => {
    if (!layer) return;
    layer.dataset.theme = theme;
    layer.lang = locale;
  }, [layer, theme, locale]);
  return layer;
}
