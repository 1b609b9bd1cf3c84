import { Download } from 'lucide-react';

/** A file to take along, beside the title of what it holds. */
export function DownloadLink({ href, children }: { href: string; children: string }) {
  return (
    <a
      href={href}
      download
      className="-my-2.5 inline-flex min-h-11 items-center gap-2 font-medium text-ink-2 underline underline-offset-2 hover:text-ink print:hidden"
    >
      <Download aria-hidden className="size-4 shrink-0" />
      {children}
    </a>
  );
}
