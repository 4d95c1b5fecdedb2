/** The commands of people to a running service: `bulkhead unlock`, `lock`, `flatten` … over its control socket. */
import { Option, type Command } from 'commander';
import { roles } from '../domain/operator.ts';
import { exitCodes, type ExitCode } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import type { OperateAnswer, OperateRequest } from './dependencies.ts';
import { dataDirOption, jsonOption } from './options.ts';

type Flag = readonly [flags: string, description: string];

type VerbCommand = {
  readonly name: string;
  /** In the request, where it is not the name. */
  readonly verb?: string;
  readonly description: string;
  /** `<order>`; becomes the field of that name. */
  readonly argument?: readonly [name: string, description: string];
  readonly options: readonly Flag[];
  readonly example: string;
  /** What a person at a terminal is asked before it happens; `--yes` says it beforehand. */
  readonly question?: string;
};

const rule: Flag = ['--rule <id>', 'RULE-003, or its key dailyRealizedLoss'];
const locks: readonly Flag[] = [
  rule,
  ['--lock <id>', 'one lock by its id, see bulkhead status'],
  ['--scope <scope>', 'account, symbol:MNQ or contract:MNQ'],
];
const paused: readonly Flag[] = [
  ['--strategy <name>', 'one strategy; every strategy when left out'],
  ['--actor <path>', 'an order or a position instead, such as account/A1/position/MNQ'],
];

const commands: readonly VerbCommand[] = [
  {
    name: 'unlock',
    description: 'End locks early, as the policy of each allows.',
    options: locks,
    example: 'unlock --rule RULE-003 --by ann --reason "talked to the trader"',
  },
  {
    name: 'lock',
    description: 'Lock an account or an instrument: no new risk there.',
    options: [
      ['--scope <scope>', 'account (default), symbol:MNQ or contract:MNQ'],
      ['--duration <duration>', 'how long, such as 90m; until somebody unlocks it when left out'],
      ['--irrevocable', 'nobody ends it early; without a duration it ends with the trading day'],
    ],
    example: 'lock --role viewer --duration 2h --irrevocable --by tom',
  },
  {
    name: 'limit',
    description: 'Tighten a limit of a rule at once; only the configuration loosens.',
    options: [
      rule,
      ['--key <key>', 'key of the rule, such as limits.perHour; its limit when left out'],
      ['--value <value>', 'the tighter value, as the configuration would write it'],
    ],
    example: 'limit --role viewer --rule dailyRealizedLoss --value -300 --by tom',
  },
  {
    name: 'reset',
    description: 'Run the daily or weekly reset by hand, once for its day or week.',
    argument: ['<reset>', 'daily or weekly'],
    options: [],
    example: 'reset daily --by ann --reason "test trades"',
  },
  {
    name: 'pause',
    description: 'Take in no new risk of a strategy, or set an actor aside.',
    options: paused,
    example: 'pause --strategy vwap --by ann',
  },
  {
    name: 'resume',
    description: 'End a pause, or bring actors back that were set aside.',
    options: [...paused, ['--skip-event', 'without the event that the actor stumbled over']],
    example: 'resume --actor account/A1/rule/RULE-004 --skip-event --by ann --reason mended',
  },
  {
    name: 'cancel',
    description: 'Cancel a working order.',
    argument: ['<order>', 'id of the order'],
    options: [],
    example: 'cancel BH4F2A-1-3 --by ann',
  },
  {
    name: 'flatten',
    description: 'Close every position of an account, or one, and cancel its orders.',
    options: [
      ['--instrument <root>', 'one instrument only, such as MNQ'],
      ['--scope <scope>', 'group:ID: what one order group holds, its risk first'],
    ],
    example: 'flatten --account A1 --by ann --reason "leaving early"',
    question: 'This closes positions at the market.',
  },
  {
    name: 'resolve',
    description: 'End the doubt about an order by what the venue shows.',
    argument: ['<order>', 'id of the order'],
    options: [
      ['--outcome <outcome>', 'canceled, or failed: it never was there'],
      ['--evidence <text>', 'what the venue shows of it; the reason when left out'],
    ],
    example: 'resolve BH4F2A-1-3 --outcome failed --by ann --reason "not in their order list"',
  },
  {
    name: 'acknowledge',
    description: 'Accept what was found: an order in conflict, or differences of the account.',
    options: [
      ['--order <id>', 'the order; what the account cannot explain when left out'],
      ...locks,
    ],
    example: 'acknowledge --order BH4F2A-1-3 --by ann --reason "late fill, booked"',
  },
  {
    name: 'transfer',
    verb: 'recordTransfer',
    description: 'Record money that came or went, so that the balance is explained.',
    options: [['--amount <money>', 'signed: -500 went out']],
    example: 'transfer --amount 1000 --by ann --reason "deposit of Monday"',
  },
  {
    name: 'kill',
    description: 'Stop trading: cancel orders, and close positions where asked.',
    options: [
      ['--scope <scope>', 'order, instrument, strategy, account (default) or all'],
      ['--target <name>', 'which order, instrument or strategy'],
      ['--mode <mode>', 'cancelOnly or flatten; the configured one when left out'],
      ['--emergency', 'always closes everything in the scope'],
    ],
    example: 'kill --scope all --emergency --by ann --reason "runaway strategy"',
    question: 'This stops trading, and nothing goes on until somebody re-arms it.',
  },
  {
    name: 'rearm',
    description: 'End the latch of the kill switch, or a halt.',
    options: [],
    example: 'rearm --account A1 --by ann --reason "venue is back"',
  },
];

/** Adds one command for each verb. */
export function addOperatorCommands(program: Command, context: CommandContext): void {
  for (const one of commands) addOne(program, context, one);
}

type Given = Readonly<Record<string, string | boolean | undefined>>;

function addOne(program: Command, context: CommandContext, one: VerbCommand): void {
  const command = program.command(one.name).description(one.description);
  if (one.argument !== undefined) command.argument(...one.argument);
  for (const [flags, description] of one.options) command.option(flags, description);
  if (one.question !== undefined) command.option('--yes', 'do not ask at the terminal');
  command
    .option('--account <id>', 'the account; may be left out where there is only one')
    .requiredOption('--by <name>', 'who says so; named in the journal')
    .option('--reason <text>', 'why; needed wherever something becomes looser')
    .addOption(new Option('--role <role>', 'as whom, for less than an admin').choices([...roles]))
    .option('--request-id <id>', 'a repeat of the same id gets the first answer')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bulkhead ${one.example}\n\nExit code 0: done, or waiting for a second person. 1: refused. 75: no service runs there.`,
    )
    .action(async (...args: readonly unknown[]) => {
      const given = command.opts<Given>();
      const argument = one.argument === undefined ? undefined : String(args[0]);
      if (!(await isConfirmed(context, one, given))) {
        context.io.stderr(`bulkhead: ${one.name} is not done\n`);
        context.end(exitCodes.failed);
        return;
      }
      const answer = await context.dependencies.operate(
        String(given['dataDir']),
        requestOf(one, given, argument),
      );
      tell(context, one, answer, given['json'] === true);
      context.end(exitOf(answer));
    });
}

/** A script that has no terminal has decided already. */
async function isConfirmed(
  { io }: CommandContext,
  { question }: VerbCommand,
  given: Given,
): Promise<boolean> {
  if (question === undefined || given['yes'] === true || io.confirm === undefined) return true;
  return await io.confirm(`${question} Type yes to go on: `);
}

/** Options that are about the command line and not the request. */
const own: ReadonlySet<string> = new Set(['dataDir', 'json', 'yes']);

function requestOf(one: VerbCommand, given: Given, argument: string | undefined): OperateRequest {
  const fields = Object.entries(given).filter(
    ([key, value]) => !own.has(key) && value !== undefined,
  );
  const [name] = one.argument ?? [];
  const request: OperateRequest = { ...Object.fromEntries(fields), verb: one.verb ?? one.name };
  if (name === undefined || argument === undefined) return request;
  return { ...request, [name.replaceAll(/[<>]/gu, '')]: argument };
}

function tell(
  { io }: CommandContext,
  one: VerbCommand,
  answer: OperateAnswer,
  isJson: boolean,
): void {
  if (isJson) {
    io.stdout(`${JSON.stringify(answer)}\n`);
    return;
  }
  const { outcome, text } = answer;
  if (outcome === 'accepted' || outcome === 'pending') io.stdout(`${outcome}: ${text}\n`);
  else io.stderr(`bulkhead: ${one.name} is ${outcome}: ${text}\n`);
}

function exitOf({ outcome }: OperateAnswer): ExitCode {
  if (outcome === 'invalid') return exitCodes.usage;
  return outcome === 'refused' ? exitCodes.failed : exitCodes.ok;
}
