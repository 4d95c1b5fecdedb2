/** Text with style for a terminal: spans that know their visible width, so that colour never moves a column. */

export type Style = 'plain' | 'dim' | 'bold' | 'good' | 'warn' | 'bad' | 'alarm' | 'accent';

export type Span = { readonly text: string; readonly style: Style };

/** One line: spans from left to right. */
export type Line = readonly Span[];

const escape = '\u001B[';
const codes: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '2',
  bold: '1',
  good: '32',
  warn: '33',
  bad: '31',
  alarm: '1;97;41',
  accent: '1;36',
};

/** Control characters would move the cursor of whoever reads: they are shown as a dot. */
// oxlint-disable-next-line no-control-regex -- they are what this looks for
const control = /[\u0000-\u001F\u007F-\u009F]/g;

export function span(text: string, style: Style = 'plain'): Span {
  return { text: text.replace(control, '·'), style };
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0);
}

/** Right-aligned or left-aligned to a width; longer text is cut with an ellipsis. */
export function padded(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const cut = text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
  return side === 'left' ? cut.padEnd(width) : cut.padStart(width);
}

/** The line as text of at most `width` columns, with colours or without. */
export function renderLine(line: Line, width: number, colour: boolean): string {
  let rest = width;
  let out = '';
  for (const { text, style } of line) {
    if (rest <= 0) break;
    const shown = text.length > rest ? `${text.slice(0, rest - 1)}…` : text;
    rest -= shown.length;
    const code = codes[style];
    out += colour && code !== '' ? `${escape}${code}m${shown}${escape}0m` : shown;
  }
  return colour ? out : out.trimEnd();
}

/** Two ends of one line, with the space between them. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = Math.max(2, width - widthOf(left) - widthOf(right));
  return [...left, span(' '.repeat(gap)), ...right];
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of `width` columns filled to a share of 0 to 1; more than all is all. */
export function bar(share: number, width: number, style: Style): Line {
  const filled = Math.max(0, Math.min(1, share)) * width;
  const full = Math.floor(filled);
  const part = eighths[Math.floor((filled - full) * 8)] ?? '';
  const rest = width - full - part.length;
  return [span('█'.repeat(full) + part, style), span('░'.repeat(Math.max(0, rest)), 'dim')];
}

/** `1234567.50` → `1,234,567.50`; text that is no number stays. */
export function grouped(value: number | string): string {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
  const [whole = '', fraction] = text.split('.');
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

/** An amount to the cent, for people; the exact one stands in the journal. Text that is no amount stays. */
export function cents(text: string): string {
  return grouped(/^-?\d+\.\d{3,}$/.test(text) ? Number(text).toFixed(2) : text);
}
