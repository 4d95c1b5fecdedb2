import type { Command } from 'commander';

/** An address that other machines reach needs a certificate, a token, and somebody who says that it is meant. */
export type InspectorBind = {
  readonly address?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly isUnderstood?: boolean;
};

/** What a run as a service is given beside its market. */
export type ServiceOptions = {
  /** File outside of the data directory to which the head of the journal is added; absent: none. */
  readonly auditAnchor?: string;
  /** Where the inspector listens, if not on the loopback, and what that needs. */
  readonly inspectorBind?: InspectorBind;
  /** The journal was put back from a backup, and somebody knows what that means. */
  readonly acceptRestoredJournal?: boolean;
};

/** As they come from the command line. */
export type ServiceGiven = {
  readonly auditAnchor?: string;
  readonly inspectorAddress?: string;
  readonly inspectorCert?: string;
  readonly inspectorKey?: string;
  readonly iUnderstand?: boolean;
  readonly acceptRestoredJournal?: boolean;
};

export function addServiceOptions(command: Command): Command {
  return command
    .option(
      '--inspector-address <ip>',
      'another address than 127.0.0.1; needs TLS, a token and --i-understand',
    )
    .option('--inspector-cert <file>', 'certificate for TLS, PEM')
    .option('--inspector-key <file>', 'its key, PEM')
    .option('--i-understand', 'the inspector may be reached from other machines')
    .option(
      '--audit-anchor <file>',
      'add the head of the journal to this file, outside of the data directory',
    )
    .option(
      '--accept-restored-journal',
      'go on with a journal older than its directory: locks and fills since then are forgotten',
    );
}

export function serviceOptions(given: ServiceGiven): ServiceOptions {
  const {
    auditAnchor,
    acceptRestoredJournal,
    inspectorAddress,
    inspectorCert,
    inspectorKey,
    iUnderstand,
  } = given;
  const bind: InspectorBind = {
    ...(inspectorAddress === undefined ? {} : { address: inspectorAddress }),
    ...(inspectorCert === undefined ? {} : { certFile: inspectorCert }),
    ...(inspectorKey === undefined ? {} : { keyFile: inspectorKey }),
    ...(iUnderstand === undefined ? {} : { isUnderstood: iUnderstand }),
  };
  return {
    ...(auditAnchor === undefined ? {} : { auditAnchor }),
    ...(acceptRestoredJournal === undefined ? {} : { acceptRestoredJournal }),
    ...(Object.keys(bind).length === 0 ? {} : { inspectorBind: bind }),
  };
}
