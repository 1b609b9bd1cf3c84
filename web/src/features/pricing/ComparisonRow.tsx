import type { ReactNode } from 'react';
import type { Tier } from '../../api/shapes';

/** What each tier has of one thing. */
export function ComparisonRow(props: { name: string; tiers: Tier[]; children: (tier: Tier) => ReactNode }) {
  return (
    <tr className="border-t border-line">
      <th scope="row" className="sticky left-0 bg-surface px-5 py-3 font-medium">
        {props.name}
      </th>
      {props.tiers.map((tier) => (
        <td key={tier.slug} className="px-4 py-3 text-ink-2">
          {props.children(tier)}
        </td>
      ))}
    </tr>
  );
}
