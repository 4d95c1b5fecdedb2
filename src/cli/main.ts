/** The command line: arguments in, exit code out. */
import { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import { addAuditCommand } from './command-audit.ts';
import { addConfigCommand } from './command-config.ts';
import { addConformanceCommand } from './command-conformance.ts';
import { addDrillCommand } from './command-drill.ts';
import { addForkCommand } from './command-fork.ts';
import { addInspectCommand } from './command-inspect.ts';
import { addJournalCommand } from './command-journal.ts';
import { addMachinesCommand } from './command-machines.ts';
import { addOperatorCommands } from './command-operator.ts';
import { addRulesCommand } from './command-rules.ts';
import { addRunCommand } from './command-run.ts';
import { addScenarioCommand } from './command-scenario.ts';
import { addStatusCommand } from './command-status.ts';
import { addTokenCommand } from './command-token.ts';
import { CommandContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { reportFailure } from './errors.ts';
import { processIo, type CliIo } from './io.ts';

/** The program with every command; it prints through the context and throws instead of ending the process. */
function createProgram(context: CommandContext): Command {
  const { dependencies, io } = context;
  const program = new Command('bulkhead')
    .description('Trading risk and execution safety engine: it protects the account.')
    .version(dependencies.version)
    .showHelpAfterError('See --help.')
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      getErrHelpWidth: () => io.size().width,
      outputError: (text, write) => write(text.replace(/^error: /, 'bulkhead: ')),
    });
  addRunCommand(program, context);
  addStatusCommand(program, context);
  addRulesCommand(program, context);
  addConfigCommand(program, context);
  addJournalCommand(program, context);
  addAuditCommand(program, context);
  addScenarioCommand(program, context);
  addConformanceCommand(program, context);
  addOperatorCommands(program, context);
  addDrillCommand(program, context);
  addMachinesCommand(program, context);
  addInspectCommand(program, context);
  addForkCommand(program, context);
  addTokenCommand(program, context);
  return program;
}

/** @param argv as the process gets it, with the runtime and the script first */
export async function main(
  argv: readonly string[],
  dependencies: Dependencies,
  io: CliIo = processIo(),
): Promise<number> {
  const context = new CommandContext(dependencies, io);
  try {
    await createProgram(context).parseAsync(argv);
    return context.exitCode ?? exitCodes.ok;
  } catch (thrown) {
    return reportFailure(thrown, io, argv.includes('--json'));
  }
}
