import { Download } from 'lucide-react';
import type { MouseEvent } from 'react';
import { getFile } from '../api/client';
import { useWords } from '../i18n/WordsProvider';
import { explain } from '../lib/explain';
import { useHost } from '../lib/host';
import { useAction } from '../lib/useAction';

/** A file to take along, beside the title of what it holds. */
export function DownloadLink({ href, children }: { href: string; children: string }) {
  const words = useWords();
  const host = useHost();
  const { error, run } = useAction(() => save(href));
  const take = (event: MouseEvent) => {
    // With a host's token, which a link does not send.
    event.preventDefault();
    run();
  };
  return (
    <span className="inline-flex flex-wrap items-center gap-x-4">
      <a
        href={href}
        download
        onClick={host ? take : undefined}
        className="-my-2.5 inline-flex min-h-11 items-center gap-2 font-medium text-ink-2 underline underline-offset-2 hover:text-ink print:hidden"
      >
        <Download aria-hidden className="size-4 shrink-0" />
        {children}
      </a>
      {error !== null && (
        <span role="alert" className="text-seal">
          {explain(error, words).title}
        </span>
      )}
    </span>
  );
}

async function save(path: string): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await getFile(path));
  link.download = path.slice(path.lastIndexOf('/') + 1);
  link.click();
  URL.revokeObjectURL(link.href);
}
