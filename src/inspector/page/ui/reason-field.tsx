/** Why somebody asks for something; it stands in the audit. */
export function ReasonField({
  isNeeded,
  reason,
  onChange,
}: {
  readonly isNeeded: boolean;
  readonly reason: string;
  readonly onChange: (reason: string) => void;
}) {
  return (
    <label class="field">
      Reason{isNeeded ? ' (needed)' : ''}
      <input
        type="text"
        maxLength={500}
        value={reason}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
