/** `bulkhead inspect`: the inspector's page on a directory whose engine does not run. */
import type { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import type { CommandContext } from './context.ts';
import { bundleOption, dataDirOption, parsePort, verifyKeyOption } from './options.ts';
import type { JournalPlace } from './tool-dependencies.ts';

type Given = JournalPlace & { readonly port: number; readonly config?: string };

const defaultPort = 7_788;

export function addInspectCommand(program: Command, context: CommandContext): void {
  program
    .command('inspect')
    .description(
      'Look at a data directory or a bundle whose engine does not run. Nothing can be changed.',
    )
    .addOption(dataDirOption())
    .addOption(bundleOption())
    .addOption(verifyKeyOption())
    .option('--config <path>', 'configuration of the run, for sandboxes')
    .option('--port <port>', 'on 127.0.0.1; 0 takes any free one', parsePort, defaultPort)
    .addHelpText(
      'after',
      '\nThe address signs its reader in once. It is reached from this machine only: for another one, use ssh -L.',
    )
    .action(async ({ config, ...place }: Given) => {
      const configured = config === undefined ? {} : { configPath: config };
      await context.untilStopped((signal) =>
        context.dependencies.inspect({ ...place, ...configured }, signal, (url) =>
          context.io.stderr(`inspector: ${url}\n`),
        ),
      );
      context.end(exitCodes.ok);
    });
}
