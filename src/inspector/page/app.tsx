/** The frame around every page: where one is, who one is, and whether what one sees is of now. */
import type { ComponentType } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { usePlace, type PageProps, type Query } from './data/router.ts';
import { useSelect } from './data/store.ts';
import { useFeed } from './data/stream.ts';
import { ActorPage } from './pages/actor.tsx';
import { AuditPage } from './pages/audit.tsx';
import { BlastPage } from './pages/blast.tsx';
import { FaultsPage } from './pages/faults.tsx';
import { ForkPage } from './pages/fork.tsx';
import { JournalPage } from './pages/journal.tsx';
import { MachinesPage } from './pages/machines.tsx';
import { RewindPage } from './pages/rewind.tsx';
import { RulesPage } from './pages/rules.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { SqlPage } from './pages/sql.tsx';
import { TimelinePage } from './pages/timeline.tsx';
import { TreePage } from './pages/tree.tsx';
import { VersionsPage } from './pages/versions.tsx';
import { WallPage } from './pages/wall.tsx';
import { WhyPage } from './pages/why.tsx';
import { ActionDialog } from './ui/action-dialog.tsx';
import { Announcer } from './ui/announcer.tsx';
import { Header } from './ui/header.tsx';
import { HelpDialog, Palette } from './ui/overlays.tsx';
import { Empty } from './ui/parts.tsx';

const pages: Readonly<Record<string, ComponentType<PageProps>>> = {
  wall: WallPage,
  tree: TreePage,
  actor: ActorPage,
  rules: RulesPage,
  why: WhyPage,
  rewind: RewindPage,
  timeline: TimelinePage,
  journal: JournalPage,
  sql: SqlPage,
  faults: FaultsPage,
  audit: AuditPage,
  machines: MachinesPage,
  versions: VersionsPage,
  fork: ForkPage,
  blast: BlastPage,
};

export function App() {
  const session = useSelect((context) => context.session);
  if (session === 'unknown') return <p class="empty">Reading …</p>;
  return session === 'signedIn' ? <Inside /> : <SignInPage />;
}

function Inside() {
  useFeed('live');
  const { page, query } = usePlace();
  const overlay = useSelect((context) => context.overlay);
  const action = useSelect((context) => context.action);
  useTitle(page, query);
  const Page = pages[page];
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Header page={page} />
      <main id="main" tabIndex={-1}>
        {Page === undefined ? <Empty>There is no page {page}.</Empty> : <Page query={query} />}
      </main>
      <Announcer />
      {overlay === 'help' && <HelpDialog />}
      {overlay === 'palette' && <Palette />}
      {action !== undefined && <ActionDialog key={action.title} action={action} />}
    </>
  );
}

/** The tab names what it shows; who reads by ear lands on the heading of a new page. */
function useTitle(page: string, query: Query): void {
  const before = useRef(page);
  // With the page itself, not after it: a key that follows must not lose the focus again.
  useLayoutEffect(() => {
    const subject = query['id'] ?? query['account'] ?? query['seq'] ?? '';
    document.title = `${page} ${subject} · Bulkhead`.replace('  ', ' ');
    if (before.current !== page) {
      before.current = page;
      document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    }
  }, [page, query]);
}
