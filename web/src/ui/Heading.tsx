/** A page's one h1. */
export function Heading({ children }: { children: string }) {
  return <h1 className="mb-6 text-[28px] leading-9 font-bold tracking-tight">{children}</h1>;
}
