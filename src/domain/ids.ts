/** Identities of the domain. Parsed once at the edge; inside, a plain string is none of them. */
import { z } from 'zod';
import type { Brand } from '../kernel/brand.ts';

export type AccountId = Brand<string, 'AccountId'>;
/** Canonical root or pair: `MNQ`, `BTC-USD`, `BTC-PERP`. */
export type InstrumentId = Brand<string, 'InstrumentId'>;
/** Ours, minted once per intent; the client order id that the venue sees; at most 40 characters. */
export type OrderId = Brand<string, 'OrderId'>;
export type VenueOrderId = Brand<string, 'VenueOrderId'>;
/** The venue's trade id: the key against duplicates. */
export type FillId = Brand<string, 'FillId'>;
export type IntentId = Brand<string, 'IntentId'>;
export type LockId = Brand<string, 'LockId'>;
export type RuleId = Brand<string, 'RuleId'>;
/** Path in the actor tree: `account/A1/order/BH-1-3`. */
export type ActorId = Brand<string, 'ActorId'>;

const text = (pattern: RegExp) => z.string().regex(pattern);
const name = /^[\p{L}\p{N}][\p{L}\p{N} ._:/+-]{0,63}$/u;

export const AccountId = text(name).transform((value) => value as AccountId);
export const InstrumentId = text(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,39}$/).transform(
  (value) => value as InstrumentId,
);
export const OrderId = text(/^\S{1,64}$/).transform((value) => value as OrderId);
export const VenueOrderId = text(/^\S{1,128}$/).transform((value) => value as VenueOrderId);
export const FillId = text(/^\S{1,128}$/).transform((value) => value as FillId);
export const IntentId = text(/^\S{1,64}$/).transform((value) => value as IntentId);
export const LockId = text(/^\S{1,128}$/).transform((value) => value as LockId);
export const RuleId = text(/^RULE-\d{3}$/).transform((value) => value as RuleId);
export const ActorId = text(/^\S.{0,255}$/).transform((value) => value as ActorId);
