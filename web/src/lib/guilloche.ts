/** The rosette of banknotes: closed curves whose radius swings, each a little turned. Pure, for a 400 x 400 box. */
export function guilloche(petals: number, rings: number): string[] {
  const steps = petals * 24;
  return Array.from({ length: rings }, (_, ring) => {
    const share = ring / rings;
    const radius = 70 + 115 * share;
    const swing = 34 * (1 - share * 0.45);
    const turn = (ring * Math.PI) / (petals * rings);
    const points = Array.from({ length: steps }, (_, step) => {
      const angle = (step / steps) * 2 * Math.PI;
      const r =
        radius + swing * Math.cos(petals * (angle + turn)) * (0.72 + 0.28 * Math.cos(petals * 2 * angle));
      return `${(200 + r * Math.cos(angle)).toFixed(1)} ${(200 + r * Math.sin(angle)).toFixed(1)}`;
    });
    return `M${points.join('L')}Z`;
  });
}
