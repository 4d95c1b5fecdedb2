/** The pages about rules and configuration, made from their schemas. */
import { ConfigurationFile, inheritedKeys } from '../../src/bin/configuration/schema.ts';
import { ruleCatalogue } from '../../src/rules/registry.ts';
import type { RuleDefinition } from '../../src/rules/rule.ts';
import { generated, markdownTable } from './page-text.ts';
import { keyLines, keySchemaOf, type KeyLine, type KeySchema } from './schema-keys.ts';

const head = ['Key', 'Values', 'Default', 'Meaning'];

function keyTable(lines: readonly KeyLine[]): string {
  return markdownTable(
    head,
    lines.map(({ path, values, default: given, meaning }) => [
      `\`${path}\``,
      values,
      given,
      meaning,
    ]),
  );
}

/** Keys that every rule has with the same meaning: one table for all. */
function sharedLines(): readonly KeyLine[] {
  const [first = [], ...others] = ruleCatalogue.map((rule) => keyLines(keySchemaOf(rule.config)));
  return first.filter((line) =>
    others.every((lines) => lines.some((other) => isSame(line, other))),
  );
}

/** `a`, `b` and `c` */
function listText(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1) ?? ''}`;
}

function isSame(left: KeyLine, right: KeyLine): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** docs/reference/rules.md */
export function rulesPage(): string {
  const shared = sharedLines();
  const rows = ruleCatalogue.map((rule) => [
    `[${rule.id}](#${anchorOf(rule)})`,
    rule.title,
    `\`${rule.key}\``,
    `\`${rule.code}\``,
    String(rule.precedence),
    keySchemaOf(rule.config).properties?.['enabled']?.default === false ? 'off' : 'on',
  ]);
  return `${generated}

# Rules

A rule watches an account against one limit. Its verdict is \`PASS\`, \`DENY\` or \`UNKNOWN\`; unknown input stops new risk
and never an exit. Rules are evaluated, and give their reasons, by ascending place.

${markdownTable(['Rule', 'Limits', 'Block in the configuration', 'Code', 'Place', 'Default'], rows)}

A block stands under \`rules\`, for one account under \`configOverrides.rules\` of that account. A rule without a block has
the defaults below; the last column says whether it is on. Every change of an account (an order, a fill, a report of the
venue, a command) has all its rules judged in the same turn; rules that look at prices are also judged on worker
threads, at every quote of what the account holds.

${ruleCatalogue.map((rule) => ruleSection(rule, shared)).join('\n\n')}

## Keys of every rule

${keyTable(shared)}

${listText(inheritedKeys)} stand in \`general\` for all rules at once; a block overrides them for its rule.
`;
}

function anchorOf({ id, title }: RuleDefinition): string {
  return `${id} ${title}`.toLowerCase().replaceAll(' ', '-');
}

function ruleSection(rule: RuleDefinition, shared: readonly KeyLine[]): string {
  const schema = keySchemaOf(rule.config);
  const { description = '', enforcement = '', edges = [] } = schema;
  const own = keyLines(schema).filter((line) => !shared.some((other) => isSame(line, other)));
  return [
    `## ${rule.id} ${rule.title}`,
    description,
    [
      `- **Judged** ${judgedText(rule)}`,
      `- **A breach** ${lowerFirst(enforcement)}`,
      `- **Before a trade** ${gateText(rule)}`,
    ].join('\n'),
    keyTable(own),
    edges.map((edge) => `- ${edge}`).join('\n'),
  ].join('\n\n');
}

function judgedText(rule: RuleDefinition): string {
  const moments = [
    'after every change of the account',
    ...(rule.triggers.market ? ['at every quote of what it holds'] : []),
    ...(rule.markAges === undefined ? [] : ['when a price becomes too old']),
  ];
  return `${moments.join(', ')}.`;
}

function gateText(rule: RuleDefinition): string {
  if (rule.judgeOrder === undefined) return 'it has no say.';
  const refused = `an order that adds risk is refused with \`${rule.code}\` while the verdict is \`DENY\``;
  return rule.code === 'UNREALIZED_LOSS_REACHED' || rule.code === 'UNREALIZED_PROFIT_REACHED'
    ? `${refused}; while it is \`UNKNOWN\` the account is REDUCING, and the cause of that is the reason, such as \`STALE_DATA\` ([denial codes](denial-codes.md)).`
    : `${refused} or \`UNKNOWN\`, or would be with it ([denial codes](denial-codes.md)).`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** docs/reference/config.md */
export function configurationPage(): string {
  const schema = keySchemaOf(ConfigurationFile);
  const { properties = {} } = schema;
  const isSection = ({ properties: keys, items }: KeySchema): boolean =>
    keys !== undefined || items !== undefined;
  const single = Object.entries(properties).filter(([, value]) => !isSection(value));
  const sections = Object.entries(properties).filter(([, value]) => isSection(value));
  return `${generated}

# Configuration

Every key of a configuration file. How files are found, read and refused is told in
[operating/run.md](../operating/run.md#configuration). The folder [config](../../config/risk.yaml) has every key with its
default, by topic; [config/bulkhead.example.yaml](../../config/bulkhead.example.yaml) is one file with what most people
need. Editors that know \`yaml-language-server\` check a file that begins like these, with the schema beside it.

A number may be written plain or as text; amounts are read from their text, so \`-500.10\` is exactly that.

${keyTable(keyLines({ properties: Object.fromEntries(single) }))}

${sections.map(([key, value]) => sectionText(key, value)).join('\n\n')}
`;
}

function sectionText(key: string, schema: KeySchema): string {
  const { description = '', items } = schema;
  const text = `${description.slice(0, 1).toUpperCase()}${description.slice(1)}.`;
  if (key === 'rules') return [`## ${key}`, text, ruleLinks()].join('\n\n');
  const defaults = key === 'general' ? generalDefaults() : {};
  return [`## ${key}`, text, keyTable(keyLines(items ?? schema, defaults).filter(isOwnKey))].join(
    '\n\n',
  );
}

/** Overrides repeat the keys of `general` and `rules`: one line is enough. */
function isOwnKey({ path }: KeyLine): boolean {
  return !path.startsWith('configOverrides.');
}

/** What a rule takes when neither its block nor \`general\` says anything. */
function generalDefaults(): Readonly<Record<string, KeySchema>> {
  const [rule] = ruleCatalogue;
  return rule === undefined ? {} : (keySchemaOf(rule.config).properties ?? {});
}

function ruleLinks(): string {
  return markdownTable(
    ['Block', 'Rule'],
    ruleCatalogue.map((rule) => [
      `\`${rule.key}\``,
      `[${rule.id} ${rule.title}](rules.md#${anchorOf(rule)})`,
    ]),
  );
}
