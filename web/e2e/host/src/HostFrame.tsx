import type { ReactNode } from 'react';

/** The host's own page: nothing in here is ours, and nothing of ours may touch it. */
export function HostFrame({ bar, children }: { bar?: ReactNode; children?: ReactNode }) {
  return (
    <>
      <header className="host-bar">
        <a href="/plans">Plans</a>
        <button type="button">A button of the host</button>
        <input aria-label="Search" placeholder="Search" style={{ width: 120 }} />
        {bar}
      </header>
      <main className="host-main">
        <h1>The host’s own page</h1>
        <p>A paragraph of the host.</p>
        <ul>
          <li className="host-pulse">An item of the host</li>
        </ul>
        <table>
          <tbody>
            <tr>
              <td>A cell of the host</td>
            </tr>
          </tbody>
        </table>
        {children}
      </main>
    </>
  );
}
