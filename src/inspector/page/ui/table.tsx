/** Tables of rows: headings, and the same frame around each of them. */
import type { ComponentChildren } from 'preact';
import { TableFrame } from './parts.tsx';

/** A heading; columns of numbers are set to the right. */
export type Heading = string | { readonly text: string; readonly isNumber: true };

/** A heading of a column of numbers. */
export function numberHead(text: string): Heading {
  return { text, isNumber: true };
}

export function Headings({ heads }: { heads: readonly Heading[] }) {
  return (
    <thead>
      <tr>
        {heads.map((head) => {
          const { text, isNumber } =
            typeof head === 'string' ? { text: head, isNumber: false } : head;
          return (
            <th key={text} scope="col" {...(isNumber ? { class: 'number' } : {})}>
              {text}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** A table that scrolls in its own frame; the children are its rows. */
export function RowsTable({
  label,
  heads,
  kind = 'rows',
  children,
}: {
  label: string;
  heads: readonly Heading[];
  kind?: string;
  children: ComponentChildren;
}) {
  return (
    <TableFrame label={label}>
      <table class={kind}>
        <Headings heads={heads} />
        <tbody>{children}</tbody>
      </table>
    </TableFrame>
  );
}
