/** A path of these pages, for where to go after signing in; nothing that leads to another site. */
export function localPath(value: unknown, origin = window.location.origin): string | undefined {
  // Browsers leave out tabs and line breaks, and take a backslash for a slash.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is refused
  if (typeof value !== 'string' || !value.startsWith('/') || /[\u0000-\u001f\u007f\\]/.test(value))
    return undefined;
  return isHere(value, origin) ? value : undefined;
}

function isHere(path: string, origin: string): boolean {
  try {
    return new URL(path, origin).origin === origin;
  } catch {
    return false;
  }
}
