// clock: the number of steps taken, where the update puts it on
//
// Owns the binding behind the update's first five, so that a rule's own come behind it: whoever declares those numbers them
// from 5 + CLOCK.

const CLOCK: u32 = 1u; //@set 0 where another launch puts the clock on

//@for once in 0..CLOCK
@group(0) @binding(5) var<storage, read_write> clock: array<u32>;
//@end
