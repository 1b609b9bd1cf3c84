/** A path of these pages, for where to go after signing in; nothing that leads to another site. */
export function localPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined;
}
