// element: one number, or four neighbours of a batch
//
// The same text serves row-major values, where an Element is a number, and batch-innermost ones, where it is a vec4.
// The three aliases are set together.

alias Element = f32; //@set
alias Bits = u32; //@set
alias Truth = bool; //@set

// Whether v wins over best in a max: NaN does over everything. By bits, since compilers may assume that v == v.
fn beats(v: Element, best: Element) -> Truth {
    return (v > best) | ((bitcast<Bits>(v) & Bits(0x7fffffffu)) > Bits(0x7f800000u));
}
