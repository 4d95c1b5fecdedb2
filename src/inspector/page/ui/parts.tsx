/** Small parts that every page is made of. */
import type { ComponentChildren } from 'preact';
import { shortName } from '../data/format.ts';
import { addressOf, type Query } from '../data/router.ts';

/** The head of a page: what it is, and what can be done with it. */
export function PageHead({
  title,
  note,
  children,
}: {
  title: ComponentChildren;
  note?: ComponentChildren | undefined;
  children?: ComponentChildren;
}) {
  return (
    <div class="page-head">
      <h1 tabIndex={-1}>{title}</h1>
      {note !== undefined && <span class="note">{note}</span>}
      <div class="tools">{children}</div>
    </div>
  );
}

export function Panel({
  title,
  note,
  children,
  isFlush = false,
}: {
  title?: ComponentChildren;
  note?: ComponentChildren;
  children: ComponentChildren;
  isFlush?: boolean;
}) {
  return (
    <section class={`panel${isFlush ? ' flush' : ''}`}>
      {title !== undefined && (
        <h2>
          {title}
          {note !== undefined && <small>{note}</small>}
        </h2>
      )}
      {children}
    </section>
  );
}

/** Nothing there, and why. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What stands instead of data: a problem, or that it is still on its way. */
export function Pending({ problem, isLoading }: { problem: string; isLoading: boolean }) {
  if (problem !== '')
    return (
      <p class="problem" role="alert">
        <span aria-hidden="true">▲ </span>
        {problem}
      </p>
    );
  return isLoading ? <p class="empty">Reading …</p> : null;
}

export function ActorLink({ id, text, at }: { id: string; text?: string; at?: number }) {
  if (id === '') return <span class="muted">input</span>;
  return (
    <a href={addressOf('actor', { id, at })} title={id}>
      {text ?? shortName(id)}
    </a>
  );
}

/** A row of the journal, which leads to why it is there. */
export function SeqLink({ seq }: { seq: number }) {
  return (
    <a class="mono" href={addressOf('why', { seq })} title={`Why row ${seq}`}>
      {seq}
    </a>
  );
}

export function Tabs({
  page,
  query,
  name,
  tabs,
  chosen,
}: {
  page: string;
  query: Query;
  name: string;
  tabs: readonly (readonly [id: string, title: string, count?: number])[];
  chosen: string;
}) {
  return (
    <nav class="tabs" aria-label={name}>
      {tabs.map(([id, title, count]) => (
        <a
          key={id}
          href={addressOf(page, { ...query, tab: id })}
          aria-current={id === chosen ? 'page' : undefined}
        >
          {title}
          {count !== undefined && count > 0 && <small> {count}</small>}
        </a>
      ))}
    </nav>
  );
}

/** Pairs of a name and a value. */
export function Facts({
  facts,
}: {
  facts: readonly (readonly [name: string, value: ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A table that may be wider than the window: it scrolls in its own frame, also by keyboard. */
export function TableFrame({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="table-frame" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
