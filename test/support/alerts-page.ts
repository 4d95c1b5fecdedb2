/** The page of alerts, incidents and timers. */
import {
  alertCatalogue,
  incidentCatalogue,
  timerCatalogue,
} from '../../src/domain/alert-catalogue.ts';
import { generated, markdownTable } from './page-text.ts';

export function alertsPage(): string {
  const alerts = alertCatalogue
    .toSorted((one, other) => one.code.localeCompare(other.code))
    .map(({ code, severity, meaning, remedy }) => [`\`${code}\``, severity, meaning, remedy]);
  return `${generated}

# Alerts, incidents and timers

## Alerts

What people hear of. The same alert about the same thing within \`alerts.dedupeSeconds\` is counted and not sent again;
one that stays open for \`alerts.escalateSeconds\` goes out once more, one level up. A breach of a rule or of a watched
control raises an alert with the code of its refusal, such as \`DAILY_LOSS_REACHED\`, \`TRADING_NOT_PERMITTED\`,
\`DAILY_STOP\` or \`STALE_DATA\`: see [denial codes](denial-codes.md).

${markdownTable(['Code', 'Severity', 'Meaning', 'What to do'], alerts)}

## Incidents

What the journal keeps of notable happenings, without a message to anybody.

${markdownTable(['Code', 'Meaning'], rowsOf(incidentCatalogue))}

## Timers

Deadlines that survive a restart. One whose time passed while the engine was down fires at the start.

${markdownTable(['Name', 'What it is for'], rowsOf(timerCatalogue))}
`;
}

function rowsOf(catalogue: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(catalogue)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, meaning]) => [`\`${name}\``, meaning]);
}
