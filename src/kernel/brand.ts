declare const brand: unique symbol;

/** A value that carries its kind in the type only: a `string` is not an `OrderId`. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
