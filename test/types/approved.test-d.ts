/** Verifies: an order that the gate has not passed cannot be submitted; a plain text is no identity. */
import { expectTypeOf, test } from 'vitest';
import type { Approved } from '../../src/domain/approved.ts';
import type { OrderId } from '../../src/domain/ids.ts';
import type { SubmitOrder } from '../../src/domain/order.ts';
import type { VenuePort } from '../../src/ports/venue.port.ts';
import type { judge } from '../../src/rules/gate/judge.ts';

test('the venue takes only an approved order', () => {
  expectTypeOf<Parameters<VenuePort['submit']>[0]>().toEqualTypeOf<Approved<SubmitOrder>>();
  expectTypeOf<SubmitOrder>().not.toExtend<Parameters<VenuePort['submit']>[0]>();
  expectTypeOf<Approved<SubmitOrder>>().toExtend<SubmitOrder>();
  const submit = (venue: VenuePort, order: SubmitOrder): void => {
    // @ts-expect-error an order that nobody has approved
    venue.submit(order);
  };
  expectTypeOf(submit).toBeFunction();
});

test('the gate makes approved orders', () => {
  type Decision = Extract<ReturnType<typeof judge>, { approved: unknown }>;
  expectTypeOf<Decision['approved']>().toEqualTypeOf<Approved<SubmitOrder>>();
});

test('a plain text is no identity of an order', () => {
  expectTypeOf<string>().not.toExtend<OrderId>();
  expectTypeOf<OrderId>().toExtend<string>();
});
