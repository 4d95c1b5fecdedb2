import { childrenOf } from './chart-matrix.ts';
import { escaped } from './chart-svg.ts';
/**
 * A chart for other tools: a machine configuration as Stately's editor reads it, and SCXML.
 *
 * Names of guards and actions are kept; what they do is code and is not in the file. SCXML is written only where it says
 * the same: every machine of ours has plain states, parallel regions, events, guards and actions, which SCXML has too.
 */
import { always, type Chart, type ChartEdge, type ChartNode } from './chart.ts';

type Config = Record<string, unknown>;

/** The argument of `createMachine` as plain JSON. */
export function statelyJson(chart: Chart): Config {
  const [root] = chart.nodes;
  return root === undefined
    ? { id: chart.id }
    : { id: chart.id, version: chart.version, ...stateConfig(chart, root) };
}

function stateConfig(chart: Chart, node: ChartNode): Config {
  const children = childrenOf(chart, node);
  const own = chart.edges.filter(({ source }) => source === node.id);
  const on: Record<string, Config[]> = {};
  for (const edge of own) {
    if (edge.event !== always) (on[edge.event] ??= []).push(edgeConfig(chart, edge));
  }
  const immediate = own.filter(({ event }) => event === always);
  return {
    ...(node.type === 'parallel' || node.type === 'final' ? { type: node.type } : {}),
    ...(node.initial === undefined ? {} : { initial: keyOf(chart, node.initial) }),
    ...(node.entry.length === 0 ? {} : { entry: node.entry }),
    ...(node.exit.length === 0 ? {} : { exit: node.exit }),
    ...(Object.keys(on).length === 0 ? {} : { on }),
    ...(immediate.length === 0 ? {} : { always: immediate.map((edge) => edgeConfig(chart, edge)) }),
    ...(children.length === 0
      ? {}
      : {
          states: Object.fromEntries(
            children.map((child) => [child.key, stateConfig(chart, child)]),
          ),
        }),
  };
}

function edgeConfig(chart: Chart, { targets, guard, actions }: ChartEdge): Config {
  return {
    ...(targets.length === 0 ? {} : { target: targets.map((id) => `#${chart.id}.${id}`) }),
    ...(guard === undefined ? {} : { guard }),
    ...(actions.length === 0 ? {} : { actions }),
  };
}

function keyOf({ nodes }: Chart, id: string): string {
  return nodes.find((node) => node.id === id)?.key ?? id;
}

/** SCXML 1.0; the machine itself is the outermost state. Guards appear as `cond` and actions as `<log>`, by name. */
export function scxmlOf(chart: Chart): string {
  const [root] = chart.nodes;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" name="${escaped(chart.id)}">`,
    ...indented(root === undefined ? [] : stateXml(chart, root)),
    '</scxml>',
    '',
  ].join('\n');
}

function stateXml(chart: Chart, node: ChartNode): readonly string[] {
  const tag = node.type === 'final' || node.type === 'parallel' ? node.type : 'state';
  const initial = node.initial === undefined ? '' : ` initial="${scxmlId(chart, node.initial)}"`;
  const inside = [
    ...block('onentry', node.entry),
    ...block('onexit', node.exit),
    ...transitionsOf(chart, node),
    ...childrenOf(chart, node).flatMap((child) => stateXml(chart, child)),
  ];
  const head = `<${tag} id="${scxmlId(chart, node.id)}"${initial}`;
  return inside.length === 0 ? [`${head}/>`] : [`${head}>`, ...indented(inside), `</${tag}>`];
}

function transitionsOf(chart: Chart, { id }: ChartNode): readonly string[] {
  const own = chart.edges.filter(({ source }) => source === id);
  return own.map(({ event, guard, targets, actions }) => {
    const parts = [
      ...(event === always ? [] : [`event="${escaped(event)}"`]),
      ...(guard === undefined ? [] : [`cond="${escaped(guard)}"`]),
      ...(targets.length === 0
        ? []
        : [`target="${targets.map((target) => scxmlId(chart, target)).join(' ')}"`]),
    ];
    const body = actions.map(log).join('');
    return body === ''
      ? `<transition ${parts.join(' ')}/>`
      : `<transition ${parts.join(' ')}>${body}</transition>`;
  });
}

function log(action: string): string {
  return `<log label="${escaped(action)}"/>`;
}

function block(name: string, actions: readonly string[]): readonly string[] {
  return actions.length === 0 ? [] : [`<${name}>${actions.map(log).join('')}</${name}>`];
}

/** Ids are unique in the file; the machine is the root of every path. */
function scxmlId({ id: machine }: Chart, path: string): string {
  return escaped(path === '' ? machine : `${machine}.${path}`);
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
