/** The tip of an arrow in a drawing, as a marker that lines name by its id. */
export function ArrowHead({ id, kind }: { id: string; kind: string }) {
  return (
    <marker
      id={id}
      class={`arrow ${kind}`}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerWidth="8"
      markerHeight="8"
      markerUnits="userSpaceOnUse"
      orient="auto"
    >
      <path d="M0 0 L8 4 L0 8 z" />
    </marker>
  );
}
