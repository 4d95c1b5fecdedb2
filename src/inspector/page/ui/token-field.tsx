/** Where a token is typed: at the sign-in, and when it is shown again. */
export function TokenField({
  value,
  onChange,
}: {
  value: string;
  onChange: (token: string) => void;
}) {
  return (
    <label class="field">
      Token
      <input
        type="password"
        autocomplete="off"
        required
        minLength={16}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
