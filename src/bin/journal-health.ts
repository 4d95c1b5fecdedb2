/** What the journal says of its disk, told to whoever looks after the service: in the log and as a note. */
import { unreachable } from '../kernel/assert.ts';
import type { JournalHealth } from '../persistence/sqlite-journal.ts';

const MIB = 1024 * 1024;

/** Hears the journal from its opening on; what comes before somebody listens is kept. */
export class JournalHealthDesk {
  private readonly early: JournalHealth[] = [];
  private tell: ((text: string) => void) | undefined;

  readonly hear = (health: JournalHealth): void => {
    if (this.tell === undefined) this.early.push(health);
    else this.tell(healthText(health));
  };

  openTo(tell: (text: string) => void): void {
    this.tell = tell;
    for (const health of this.early.splice(0)) tell(healthText(health));
  }
}

/** A name in capitals, what it means, and what to do. Source: durability 2.2 and 2.3. */
function healthText(health: JournalHealth): string {
  switch (health.type) {
    case 'storeFailed':
      return `STORE_FAILED ${health.text}`;
    case 'ballastDropped':
      return 'DISK_FULL the ballast was given back to the disk: free space before the next start';
    case 'ballastMissing':
      return 'BALLAST_MISSING no room is kept for a full disk: free space and start again';
    case 'logGrown':
      return `LOG_GROWN the write-ahead log has ${Math.round(health.bytes / MIB)} MiB: checkpoints fail, or something reads the journal for long`;
    default:
      return unreachable(health);
  }
}
