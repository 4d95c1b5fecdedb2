/** Figures as Prometheus reads them. */

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'summary';
  readonly samples: readonly Sample[];
  /** Of a summary: number and sum of what was measured. */
  readonly total?: { readonly count: number };
};

const ofType =
  (type: MetricFamily['type']) =>
  (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
    name,
    help,
    type,
    samples,
  });

export const gauge = ofType('gauge');
export const counter = ofType('counter');
export const summary = ofType('summary');

/** A single figure without labels. */
export function one(value: number): readonly Sample[] {
  return [[{}, value]];
}

/** One family as text, its lines in the order of the format. */
export function familyText({ name, help, type, samples, total }: MetricFamily): string {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`),
    ...(total === undefined ? [] : [`${name}_count ${total.count}`]),
  ].join('\n');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const given = Object.entries(labels);
  if (given.length === 0) return '';
  return `{${given.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Percentiles that people ask for. */
const percents = [50, 95, 99] as const;

type Window = { quantileMs(percent: number): number | undefined };

/** Percentiles in seconds; none without measurements. */
export function quantiles(window: Window, labels: Readonly<Record<string, string>> = {}): Sample[] {
  return percents.flatMap((percent): Sample[] => {
    const milliseconds = window.quantileMs(percent);
    return milliseconds === undefined
      ? []
      : [[{ ...labels, quantile: `0.${percent}`.replace(/0$/, '') }, milliseconds / 1_000]]; // tidy-ok: a figure for people
  });
}

/** One sample for each counted name. */
export function counts(
  counted: ReadonlyMap<string, number>,
  label: string,
  names: readonly string[] = [...counted.keys()],
): Sample[] {
  return names.toSorted().map((name) => [{ [label]: name }, counted.get(name) ?? 0]);
}
