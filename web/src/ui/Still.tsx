/** Where there is nothing to do: as high as a button, and none. */
export function Still({ children }: { children: string }) {
  return (
    <p className="grid min-h-11 place-items-center rounded-control border border-line px-4 py-2 text-center font-medium text-ink-2">
      {children}
    </p>
  );
}
